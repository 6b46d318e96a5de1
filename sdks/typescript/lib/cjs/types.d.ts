export type AdoptedWhat = "caching" | "model" | "price" | (string & {});
export type AgentUpdateDataAgent = "ActionsToMeetGoalsSubAgent" | "DataSubAgent" | "OptimizationsCoreSubAgent" | "ReportingSubAgent" | "TriageSubAgent" | (string & {});
export type AuditLineEvent = "access_refused" | "account_added" | "account_disabled" | "identity_linked" | "identity_refused" | "key_issued" | "key_revoked" | "limit_reached" | "password_changed" | "refresh_raced" | "refresh_reused" | "sessions_ended" | "sign_in_refused" | "signed_in" | "signed_out" | (string & {});
/** How requests are assigned to replicas. */
export type Balancing = "least_loaded" | "random" | "round_robin" | (string & {});
export type BillSourceSource = "invoice" | "list" | "mixed" | "rent" | (string & {});
export type CacheSettingMode = "automatic" | "explicit" | (string & {});
export type ChangeVerdictRuling = "cannot_tell" | "no_difference" | "not_worth_it" | "worth_it" | (string & {});
export type ConnectionState = "connected" | "disconnected" | "not_configured" | (string & {});
/** What is to be done about a recommendation. */
export type DecisionState = "adopted" | "dismissed" | "open" | "planned" | (string & {});
export type DependenciesHealthOverallStatus = "degraded" | "healthy" | "unhealthy" | (string & {});
export type DependencyHealthStatus = "healthy" | "not_configured" | "unhealthy" | (string & {});
/** Why a recommendation is dismissed. */
export type DismissalReason = "already_done" | "effort" | "keep_cost" | "latency_risk" | "not_applicable" | "quality_risk" | "residency" | "wrong_number" | (string & {});
export type EffectName = "cache_share" | "charges" | "discount" | "input_length" | "long_context" | "mix_feature" | "mix_model" | "mix_tier" | "output_length" | "price_list" | "region" | "retries" | "unlisted" | "volume" | "write_share" | (string & {});
export type Effort = "high" | "low" | "medium" | (string & {});
/** The outcome of one received event. */
export type EventStatus = "accepted" | "duplicate" | "rejected" | (string & {});
/** The method behind a number, from the most to the least reliable. */
export type Grade = "A" | "B" | "C" | "D" | (string & {});
/** A permission; a sign-in has all of them, an API key those it was issued with. */
export type KeyScope = "admin" | "execute" | "ingest" | "read" | (string & {});
export type LanguageModelUseOutcome = "fallback" | "not_asked" | "worded" | (string & {});
export type LatencyLimitMetric = "latency" | "tpot" | "ttft" | (string & {});
export type LookUpOutcome = "bad_arguments" | "done" | "refused" | "too_many" | "unknown_tool" | (string & {});
export type MessageRole = "assistant" | "user" | (string & {});
export type ModelReadingOutcome = "not_read" | "read" | (string & {});
export type OverviewBy = "feature" | "model" | "provider" | "status" | "template" | "tool" | (string & {});
export type OverviewMoney = "billed" | "list" | (string & {});
export type Precision = "bf16" | "fp32" | "fp4" | "fp8" | "int4" | "int8" | (string & {});
/** The objective to minimise: cost, latency or both. */
export type Priority = "balanced" | "cost" | "performance" | (string & {});
export type ReviewedGroupCost = "cannot_tell" | "no_difference" | "not_worth_it" | "worth_it" | (string & {});
export type ReviewedGroupQuality = "better" | "cannot_tell" | "same" | "worse" | (string & {});
export type RouteInterface = "batch" | "hosted" | "standard" | (string & {});
export type RunPhase = "cancelled" | "cancelling" | "completed" | "failed" | "queued" | "running" | (string & {});
export type RunState = "cancelled" | "completed" | "failed" | "processing" | (string & {});
/** What to do with a finding. */
export type Stance = "avoid" | "do" | "evaluate" | "inform" | (string & {});
export type StatedGoalsBalancing = "least_loaded" | "random" | "round_robin" | (string & {});
export type StatedGoalsSplitBy = "feature" | "template" | "tool" | (string & {});
export type TargetOutcomeTarget = "budget_usd_per_month" | "gpu_memory_gib" | "gpus" | "latency_ms_p99" | "rent_usd_in_window" | "saving_share" | "saving_usd_per_month" | "speedup" | "tpot_ms_p99" | "ttft_ms_p99" | (string & {});
export type UnknownEffectName = "cache_share" | "charges" | "discount" | "input_length" | "long_context" | "mix_feature" | "mix_model" | "mix_tier" | "output_length" | "price_list" | "region" | "retries" | "unlisted" | "volume" | "write_share" | (string & {});
export type UserRole = "admin" | "member" | (string & {});
export type WorkloadEventVariant = "control" | "treatment" | (string & {});
/** One kind of call that is served differently since the change. */
export interface Adopted {
    group: string;
    what: AdoptedWhat;
    earlier: string;
    later: string;
    calls: number;
    saved_usd: number | null;
}
/** The documented result: `result` on every transport, and the output of `--json`. */
export interface Advice {
    recommendations: Recommendation[];
    metrics: Metrics;
    actions: PlanAction[];
    supply_config: SupplyConfig;
    report?: string;
}
/** The outcome of a run: `result` if `success`, otherwise `cancelled` or `error`. */
export interface AgentResultData {
    seq: number;
    run_id: string;
    thread_id: string;
    emitted_at: string;
    request_id?: string;
    success: boolean;
    result: Advice | null;
    cancelled?: boolean;
    error?: RunError;
}
/** An agent's progress; `skipped` is the number of earlier updates dropped for a slow reader. */
export interface AgentUpdateData {
    seq: number;
    run_id: string;
    thread_id: string;
    emitted_at: string;
    request_id?: string;
    agent: AgentUpdateDataAgent;
    status: "processing";
    message: string;
    progress: number;
    text?: string;
    attempt?: number;
    at?: number;
    skipped?: number;
}
/**
 * The features that the question limits the answer to; `unknown` ones are not in the log.
 *
 * The calls of the `excluded` features, tools, templates and models are in no number of the answer, but in
 * the comparison with a budget.
 */
export interface AnalysisScope {
    features: string[];
    unknown: string[];
    requests: number;
    excluded?: string[];
    requests_excluded?: number;
    excluded_usd_in_window?: number;
}
/** How calls come in: None where the log is too short to say. */
export interface Arrivals {
    rate_per_s: number;
    gap_cv: number | null;
    peak_to_mean_1s: number | null;
    peak_to_mean_60s: number | null;
}
/**
 * A question; `workload_id` and `parameters` are given here or in `context`.
 *
 * Parameters are stored as sent.
 */
export interface Ask {
    message: string;
    context?: RunContext | null;
    thread_id?: string | null;
    workload_id?: string | null;
    parameters?: Record<string, unknown> | null;
}
/** One security event; `request_id` is that of the response, empty for an operator's command. */
export interface AuditLine {
    id: string;
    at: string;
    event: AuditLineEvent;
    user_id: number | null;
    request_id: string;
    address: string;
    agent: string;
    details: Record<string, string>;
}
/** Security events, newest first. */
export interface AuditPage {
    data: AuditLine[];
    pagination: Pagination;
}
/** A new access token, or an API key, of the connected user. */
export interface AuthenticateData {
    token: string;
}
/** The address of the sign-in page; `state` is returned with the answer. */
export interface AuthorizationUrl {
    authorization_url: string;
    state: string;
}
/** Bounds and targets of an autoscaler. */
export interface Autoscaling {
    policy: string;
    min_replicas: number;
    max_replicas: number;
    target_utilisation: number;
    scale_down_after_s: number;
    start_up_s: number;
}
/**
 * Where the bill comes from, and how it compares with list prices.
 *
 * Its parts by name are shares of the rent by tokens, where own GPUs serve the calls. `reserved_calls` cost
 * nothing though they have a list price of `reserved_list_usd`: capacity that is paid for otherwise served
 * them, and what that costs is not in the log.
 */
export interface BillSource {
    source: BillSourceSource;
    ratio: number | null;
    by_currency?: Record<string, number>;
    by_model?: PaidRatio[];
    reserved_calls?: number;
    reserved_list_usd?: number;
    rent?: Rent;
}
/** Prompt caching of one model at one provider; only `enabled` is set if caching is turned off. */
export interface CacheSetting {
    model: string;
    provider: string;
    enabled: boolean;
    mode?: CacheSettingMode;
    ttl_s?: number | null;
    cached_part?: string | null;
    min_tokens?: number | null;
}
/** The share of input tokens read from caches in each bin, and what was possible by prefix hashes. */
export interface CacheUse {
    read_share: (number | null)[] | null;
    possible: PossibleReuse[];
}
/** The calls whose column `by` is `match`. */
export interface CallGroup {
    by: string;
    match: string;
}
/** A number of calls and its share of all; None where the log cannot show it, which is not zero. */
export interface CallShare {
    requests?: number | null;
    share?: number | null;
}
/** What a proposal may name, with the source and the day of the prices of models. */
export interface Catalogue {
    models: ListedModel[];
    gpus: ListedGpu[];
    hosted_models: string[];
    source: string;
    as_of: string | null;
}
/** The ruling on a change; dollars are savings in the time after it, negative if it costs more. */
export interface ChangeVerdict {
    ruling: ChangeVerdictRuling;
    mechanical_usd: number | null;
    behavioural_usd: number | null;
    low: number | null;
    high: number | null;
    reasons: string[];
    at?: string | null;
    share?: number | null;
    before?: Side | null;
    after?: Side | null;
    adopted?: Adopted[];
    is_unchanged?: boolean;
}
/** `connected`, `disconnected` or `not_configured`, for each dependency. */
export interface Checks {
    database: ConnectionState;
    redis: ConnectionState;
    clickhouse: ConnectionState;
}
/** The two bills as they can be compared: of the whole periods, or by the hour where lengths differ. */
export interface ComparedBills {
    before_usd: number;
    after_usd: number;
    change_usd: number;
    change_share: number | null;
    is_hourly: boolean;
}
/** Tokens of the calls taken, and what counters of the same emitters say, where they send any. */
export interface Completeness {
    input_tokens: number;
    output_tokens: number;
    counted_input_tokens: number | null;
    counted_output_tokens: number | null;
}
/** A confirmation. */
export interface Confirmation {
    message: string;
}
/** A container that runs one replica. */
export interface Container {
    image: string;
    args: string[];
    port: number;
}
/**
 * Whether the log suffices for advice, which fields it has, and what further fields would add.
 *
 * `required` and `helpful` are present only if there is no log.
 */
export interface DataSufficiency {
    sufficient: boolean;
    reason: string;
    requests?: number;
    span_s?: number;
    covers_a_day?: boolean;
    present?: string[];
    partial?: string[];
    missing?: MissingField[];
    required?: string[];
    helpful?: string[];
}
/** An accepted event that ClickHouse rejected; it is kept separately and does not count. */
export interface DeadEvent {
    id: string | null;
    reason: string;
    at: string;
}
/** The saving that the run showed: alone, and after the steps of the plan before it, if it has a step. */
export interface DecidedSavings {
    usd_in_window: number;
    usd_per_month: number | null;
    marginal_usd_per_month: number | null;
}
/** A decision, and the recommendation as its run showed it. */
export interface DecisionLine {
    key: string;
    state: DecisionState;
    reason: DismissalReason | null;
    note: string | null;
    effective_at: string | null;
    until: string | null;
    is_lapsed: boolean;
    at: string;
    by_user_id: number;
    run_id: string;
    kind: string;
    action: string;
    savings_at_decision: DecidedSavings;
    etag: string;
}
/** All decisions on a workload, latest first. */
export interface DecisionList {
    data: DecisionLine[];
    pagination: Pagination;
}
/** What was decided about a recommendation when the analysis began. */
export interface DecisionMade {
    state: DecisionState;
    at: string;
    reason?: DismissalReason | null;
    until?: string | null;
    effective_at?: string | null;
}
/** What an adopted recommendation brought, and the decision with the saving that its run showed. */
export interface DecisionVerification {
    change: ChangeVerdict;
    saved_usd: number | null;
    saved_usd_per_month: number | null;
    groups: ReviewedGroup[];
    only_before: string[];
    only_after: string[];
    roll_back: string[];
    workload_id: string;
    decision: DecisionLine;
    effective_at: string;
}
/** A response cache: its key, and how long it keeps an answer after its last use. */
export interface Deduplication {
    key: string;
    keep_s: number;
}
/** All dependencies, and the overall status. */
export interface DependenciesHealth {
    dependencies: Record<string, DependencyHealth>;
    overall_status: DependenciesHealthOverallStatus;
}
/** One dependency; `latency_ms` only if it answered, `reason` only if it did not. */
export interface DependencyHealth {
    status: DependencyHealthStatus;
    latency_ms?: number;
    reason?: string;
}
/** What one factor adds to the bill; negative is less. */
export interface Effect {
    name: EffectName;
    usd: number;
    usd_per_hour: number;
    mostly?: string | null;
    mostly_usd?: number | null;
}
/** What one instrumentation scope sent; `calls` are those whose counts come from it. */
export interface EmitterLine {
    scope: string;
    version: string | null;
    calls: number;
    failed_calls: number;
    merged_records: number;
    calls_without_usage: number;
    corrected_calls: Record<string, number>;
    sampled_calls_stand_for: number | null;
    surrounding_spans: number;
    agent_spans: number;
    ignored_records: number;
    untimed_calls: number;
    unread_attributes: string[];
    last_seen_at: string | null;
}
/** The documented shape of every error. */
export interface Envelope {
    error: ErrorBody;
    request_id: string;
}
/** An error: a code for programs, a sentence for people, details for both. */
export interface ErrorBody {
    code: string;
    message: string;
    details: Record<string, unknown>;
}
/** An error: `details` for people, `context` for programs. */
export interface ErrorData {
    code: string;
    message: string;
    details: string;
    context: Record<string, unknown>;
    run_id?: string;
    request_id?: string;
    thread_id?: string;
    emitted_at?: string;
    seq?: number;
}
/** Events as sent; each is validated individually. */
export interface EventBatch {
    /** An invalid event is rejected individually; the others are stored. */
    events: WorkloadEvent[];
}
/** A page of events. */
export interface EventList {
    data: ListedEvent[];
    pagination: EventsPagination;
}
/** The position of a page among the events that match. */
export interface EventsPagination {
    total: number;
    limit: number;
    has_more: boolean;
    next_cursor: string | null;
}
/** The outcome of a batch: counts, and the result of every event. */
export interface EventsTaken {
    workload_id: string;
    accepted: number;
    duplicates: number;
    rejected: number;
    results: RowOutcome[];
    notes: string[];
}
/** The rows of the log behind a finding: their count, and a few to look up. */
export interface Evidence {
    rows: number;
    of_rows: number;
    sample_events: string[];
}
/** The code from the URL's fragment. */
export interface ExchangeRequest {
    code: string;
    keep?: "cookie" | null;
}
/** The change of a bill by its factors; the effects sum to `after_usd - before_usd`. */
export interface Explanation {
    before_usd: number;
    after_usd: number;
    effects: Effect[];
    before: PeriodBill;
    after: PeriodBill;
    compared: ComparedBills;
    by_kind: KindChange[];
    not_known: UnknownEffect[];
    calls_without_price: number;
    models_without_price: string[];
    grade?: Grade;
}
/** The goals stated for one feature while other features have others. */
export interface FeatureGoal {
    feature: string;
    saving_share?: number | null;
    speedup?: number | null;
    traffic_growth?: number | null;
    budget_usd_per_month?: number | null;
    saving_usd_per_month?: number | null;
}
/** The whole-call latency of one feature against its limit; `met` None: no limit was set. */
export interface FeatureLatency {
    feature: string;
    calls: number;
    latency_ms_p50: number | null;
    latency_ms_p99: number;
    limit_ms: number | null;
    calls_over_limit: number | null;
    met: boolean | null;
}
/** The features of this deployment. */
export interface Features {
    oauth_enabled: boolean;
    websocket_enabled: boolean;
    analytics_enabled: boolean;
    registration_enabled: boolean;
}
/** The newest call, and the accepted calls that are not in the log yet. */
export interface Freshness {
    last_event_at: string | null;
    waiting_events: number;
}
/** A result that an analyser could not produce: the missing fields, and what they would add. */
export interface Gap {
    kind: string;
    missing: string[];
    reason: string;
    would_add: string;
}
/** A goal that the local parser and the language model read differently; the local reading wins. */
export interface GoalDifference {
    field: string;
    local: number;
    model: number;
}
/** GPUs that a question names; `count` is None if it gives no number. */
export interface GpuFleet {
    name: string;
    count?: number | null;
    is_owned?: boolean;
    is_bound?: boolean;
    is_serving?: boolean;
}
/** The bill and the plan at the traffic growth in question. */
export interface GrowthBill {
    traffic_growth: number;
    bill_usd_in_window: number;
    planned_usd_in_window: number;
    bill_usd_per_month?: number | null;
    planned_usd_per_month?: number | null;
}
/** The process answers. */
export interface Health {
    status: "healthy";
    timestamp: string;
    version: string;
}
/** Sums by day of the week, from Monday, and hour of the day in the overview's time zone: 7 rows of 24. */
export interface Heat {
    requests: number[][];
    usd: number[][];
}
/** The provider that users may sign in with. */
export interface IdentityProvider {
    name: string;
}
/** What came in for a workload by telemetry, and what to change so that more is known. */
export interface IntakeAnswer {
    workload_id: string;
    emitters: EmitterLine[];
    completeness: Completeness;
    late_records: number;
    refused_calls: number;
    advice: string[];
}
/** A key in the list; `hint` has its last characters. */
export interface KeyLine {
    id: string;
    name: string;
    scopes: KeyScope[];
    hint: string;
    created_at: string;
    expires_at: string;
    last_used_at: string | null;
}
/** The user's keys that are not revoked, newest first. */
export interface KeyList {
    data: KeyLine[];
    total: number;
    pagination: Pagination;
}
/** The number of keys that were revoked. */
export interface KeysRevoked {
    message: string;
    revoked: number;
}
/** The bill of one kind of call in both periods. */
export interface KindChange {
    name: string;
    before_usd: number;
    after_usd: number;
}
/** Whether a language model may word answers. */
export interface LanguageModelState {
    enabled: boolean;
}
/** Whether a language model worded the answer, and the reason if not. */
export interface LanguageModelUse {
    used: boolean;
    model?: string;
    outcome?: LanguageModelUseOutcome;
    reason?: string;
    fallback_reason?: string | null;
    repairs?: number;
    refused_numbers?: string[];
    faults?: string[];
    reading?: ModelReading;
    looks?: LookUp[];
}
/** The measured latency of the log: tails over all calls, and by feature. */
export interface Latency {
    ttft_ms_p99: number | null;
    tpot_ms_p99: number | null;
    latency_ms_p99: number | null;
    by_feature: FeatureLatency[];
}
/** A limit on a latency, judged at `percentile`; an empty `feature` means all calls. */
export interface LatencyLimit {
    metric: LatencyLimitMetric;
    value_ms: number;
    percentile?: number;
    feature?: string;
}
/** The whole call and the first token over time; None where the log has no such column. */
export interface LatencySeries {
    latency_ms: PercentileSeries | null;
    ttft_ms: PercentileSeries | null;
}
/** The limits that apply to a client; rate limits count requests in any 60 seconds, 0 means no limit. */
export interface Limits {
    max_message_length: number;
    max_thread_messages: number;
    max_body_bytes: number;
    max_events_body_bytes: number;
    max_events_per_batch: number;
    max_events_per_workload: number;
    rate_limit_requests: number;
    rate_limits: Record<string, number>;
}
/** A stored event, its cost at list prices, and the prices that applied; null where unknown. */
export interface ListedEvent {
    event: WorkloadEvent;
    usd: number | null;
    unit_prices: UnitPrices | null;
}
/** A GPU, and its public price by the hour; null where unknown. */
export interface ListedGpu {
    name: string;
    memory_gib: number;
    usd_per_hour: number | null;
}
/**
 * A model and its list prices in dollars for a million tokens; null where unpublished.
 *
 * Prices are those of a short prompt at the standard tier; `batch_discount` is the share that a batch job
 * saves on output.
 */
export interface ListedModel {
    name: string;
    provider: string;
    input_usd_per_m: number;
    cached_input_usd_per_m: number | null;
    cache_write_usd_per_m: number | null;
    output_usd_per_m: number;
    batch_discount: number | null;
    context_tokens: number | null;
}
/** An e-mail address and a password. */
export interface LoginRequest {
    email: string;
    password: string;
    keep?: "cookie" | null;
}
/**
 * Tokens and their user; `expires_in` is in seconds. A refresh token is valid once.
 *
 * `refresh_token` is absent where it is kept in a cookie.
 */
export interface LoginResponse {
    access_token: string;
    token_type: "bearer";
    expires_in: number;
    refresh_token?: string;
    refresh_expires_in: number;
    user: UserCard;
}
/** One look-up that the language model requested; `result` is None if it was refused. */
export interface LookUp {
    tool: string;
    outcome: LookUpOutcome;
    result?: unknown;
    why?: string;
}
/** A new key; `secret` is shown only once. */
export interface MadeKey {
    key: KeyLine;
    secret: string;
}
/** All numbers of a result; for an empty log or an unnamed workload most sections are absent. */
export interface Metrics {
    requests: number;
    input_tokens: number;
    output_tokens: number;
    prefix_reuse: ReuseShare[];
    arrivals: Arrivals;
    duplicates: CallShare;
    failures: CallShare;
    data_sufficiency: DataSufficiency;
    profile?: Profile;
    bill_usd: number;
    bill_usd_per_month: MonthlyBill | null;
    bill_usd_per_month_basis?: string;
    span?: Span;
    requests_unpriced?: number;
    requests_unpaid?: number;
    unpaid_usd?: number;
    models_unpriced?: string[];
    models_assumed?: Record<string, string>;
    bill_list_usd?: number;
    billed?: BillSource;
    price_changes?: PriceChange[];
    retirements?: Retirement[];
    unpriced?: UnpricedCalls;
    by_model?: Spend[];
    by_feature?: Spend[];
    by_template?: Spend[];
    by_tool?: Spend[];
    latency?: Latency;
    scope?: AnalysisScope;
    gaps: Gap[];
    verdict?: string;
    plan?: PlanBill;
    growth?: GrowthBill;
    targets: TargetOutcome[];
    change?: ChangeVerdict;
    explanation?: Explanation;
    pareto?: Pareto;
    workload_id?: string | null;
    goals?: StatedGoals;
    workloads?: WorkloadChoice[];
    workloads_total?: number;
    language_model?: LanguageModelUse;
    usage?: ModelUsage;
}
/** A column that no call of the log has, and what it would add to an answer. */
export interface MissingColumn {
    missing: string;
    would_add: string;
}
/** A field that no call of the log has, and what it would add. */
export interface MissingField {
    field: string;
    would_add: string;
}
/** The outcome of the language model's reading of the question. */
export interface ModelReading {
    outcome: ModelReadingOutcome;
    reason?: string | null;
    taken?: string[];
    differences?: GoalDifference[];
    refused?: string[];
}
/** The language model usage of this run; `cost_usd` None is unknown, never zero. */
export interface ModelUsage {
    input_tokens: number;
    cached_input_tokens: number;
    output_tokens: number;
    cost_usd: number | null;
    calls: number;
    is_estimated: boolean;
    seconds: number;
}
/** The bill of a month like the log, with the 90 % interval of its traffic. */
export interface MonthlyBill {
    value: number;
    low: number;
    high: number;
}
/** A name and its calls; None: calls without one. */
export interface NameCount {
    name: string | null;
    requests: number;
}
/** The names to filter by, of the window's calls before filters, most calls first. */
export interface Names {
    models: NameCount[];
    providers: NameCount[];
    features: NameCount[];
    templates: NameCount[];
    tools: NameCount[];
    statuses: NameCount[];
}
/** What is decided about a recommendation; `run_id` may be left out where a decision is changed. */
export interface NewDecision {
    state: DecisionState;
    run_id?: string | null;
    reason?: DismissalReason | null;
    note?: string | null;
    effective_at?: string | null;
    until?: string | null;
}
/** The purpose, scopes and lifetime of a key. */
export interface NewKey {
    name: string;
    scopes: KeyScope[];
    expires_in_days?: number;
}
/** The name of a workload. */
export interface NewWorkload {
    name: string;
}
/** The limit on output tokens of a group's calls. */
export interface OutputCap {
    by: string;
    match: string;
    max_output_tokens: number;
}
/** The sums of one workload at one revision. */
export interface Overview {
    window: Window;
    money: OverviewMoney;
    by: OverviewBy;
    totals: Totals;
    previous: Totals | null;
    per_month: PerMonth;
    starts: string[];
    series: Series[];
    latency: LatencySeries;
    heat: Heat;
    cache: CacheUse;
    statuses: NameCount[];
    breakdown: Row[];
    names: Names;
    gaps: MissingColumn[];
    workload_id: string;
    revision: string;
    freshness: Freshness;
}
/** The position of a page in the whole list. */
export interface Pagination {
    total: number;
    limit: number;
    offset: number;
    has_more: boolean;
    next_cursor: string | null;
}
/** What is paid for a dollar of list price for one model at one service tier, over its invoiced calls. */
export interface PaidRatio {
    model: string;
    service_tier: string | null;
    calls: number;
    cost_usd: number;
    list_usd: number;
    ratio: number;
}
/** The options to serve the traffic, their Pareto front, the pick and its reason. */
export interface Pareto {
    options: ServingOption[];
    front: string[];
    pick: string | null;
    candidate: string | null;
    why: string;
    measure: string | null;
    refused: RefusedOption[];
}
/** The current password, as proof, and the new one. */
export interface PasswordChange {
    current_password: string;
    new_password: string;
}
/** Every session has ended; `api_keys` is the number of the account's API keys that are still valid. */
export interface PasswordChanged {
    message: string;
    api_keys: number;
}
/** The factor from the window's dollars to a month's, and those; None below a day of log. */
export interface PerMonth {
    factor: number | null;
    usd: number | null;
}
/** Percentiles in each bin, in milliseconds; None where no answered call has a time. */
export interface PercentileSeries {
    known: number[];
    p50: (number | null)[];
    p90: (number | null)[];
    p99: (number | null)[];
}
/** How long answered calls took, in milliseconds; `known` counts those with a time. */
export interface Percentiles {
    known: number;
    p50: number;
    p90: number;
    p99: number;
}
/** The bill of one period. */
export interface PeriodBill {
    since: string;
    until: string;
    hours: number;
    calls: number;
    usd: number;
    usd_per_hour: number;
}
/**
 * The two periods to compare; an instant ends the period before, or begins the one after.
 *
 * Without `after`, it begins where the period before ends.
 */
export interface PeriodTexts {
    before: string;
    after?: string | null;
}
/** A change to make, with how to verify it and how to roll it back. */
export interface PlanAction {
    order: number;
    recommendation_id: string;
    title: string;
    steps: string[];
    verify: string;
    roll_back: string;
}
/**
 * The bill now, under the plan, and if every evaluation passes.
 *
 * Dollars in the window are those of the log's own time, or of that since the change that was asked about.
 * Dollars a month are None where that is less than a day; `bill_usd_per_month_basis` then says why.
 */
export interface PlanBill {
    now_usd_in_window: number;
    planned_usd_in_window: number;
    saved_usd_in_window: number;
    if_evaluations_pass_usd_in_window: number;
    saved_share: number;
    if_evaluations_pass_saved_share: number;
    now_usd_per_month?: number | null;
    planned_usd_per_month?: number | null;
    saved_usd_per_month?: number | null;
    if_evaluations_pass_usd_per_month?: number | null;
}
/** The ping that this answers. */
export interface PongData {
    request_id: string;
}
/** The share of input tokens that a cache of the whole log would have served; `ttl_s` None: for ever. */
export interface PossibleReuse {
    ttl_s: number | null;
    token_share: number;
}
/** The fleet that serves the log now. */
export interface PresentFleetSummary {
    model: string;
    gpu: string;
    gpus_per_replica: number;
    precision: string;
    replicas: number;
    usd_per_hour: number;
    calibration: string;
}
/**
 * A published change of a model's prices; `usd_per_month` is what it adds to the month's bill.
 *
 * For a model that the log does not use, it adds to what the log's calls would cost on it. `factor` is that
 * month's cost after the change over the one before it.
 */
export interface PriceChange {
    model: string;
    provider: string;
    on: string;
    factor: number;
    usd_per_month: number | null;
    in_use: boolean;
}
/** The same error by RFC 9457, for clients that request it. */
export interface Problem {
    type: string;
    title: string;
    status: number;
    detail: string;
    code: string;
    details: Record<string, unknown>;
    request_id: string;
}
/** A log in numbers. */
export interface Profile {
    requests: number;
    input_tokens: number;
    output_tokens: number;
    cached_input_tokens: number | null;
    cache_write_tokens: number | null;
    cache_write_1h_tokens: number | null;
    cache_write_12h_tokens: number | null;
    reasoning_tokens: number | null;
    span_s: number;
    arrivals: Arrivals;
    input_tokens_spread: Spread | null;
    output_tokens_spread: Spread | null;
    latency_ms: Spread | null;
    ttft_ms: Spread | null;
    statuses: Slice[];
    models: Slice[];
    features: Slice[];
    tools: Slice[];
    service_tiers: Slice[];
    regions: Slice[];
    charges: Record<string, number>;
    label_keys: string[];
    currencies: string[];
}
/** The change to try; None leaves a field unchanged. */
export interface Proposal {
    model?: string | null;
    cache?: boolean | null;
    cache_ttl_s?: number | null;
    batch_share?: number | null;
    max_output_tokens?: number | null;
    gpu?: string | null;
    hosted_model?: string | null;
    gpus_per_replica?: number | null;
    replicas?: number | null;
    precision?: Precision | null;
    served_on?: string | null;
    served_replicas?: number | null;
    served_precision?: Precision | null;
    ttft_ms?: number | null;
    tpot_ms?: number | null;
    latency_ms?: number | null;
    percentile?: number;
    balancing?: Balancing;
    spare?: number;
}
/** Changes to try, each by itself on the same log. */
export interface Proposals {
    proposals: Proposal[];
}
/** The proposed fleet, and whether its replay keeps the latency limits. */
export interface ProposedFleetSummary {
    model: string;
    gpu: string;
    gpus_per_replica: number;
    precision: string;
    replicas: number;
    usd_per_hour: number;
    spare_replicas: number;
    ttft_limit_ms_p99: number;
    tpot_limit_ms_p99: number;
    latency_limit_ms_p99: number | null;
    percentile: number;
    balancing: string;
    keeps_limits: boolean;
    keeps_limits_when_slow: boolean;
    slow_replays_holding: number;
    replicas_that_keep_limits: number | null;
    refused_calls: number;
}
/** The rate limits that the busiest minute needs. */
export interface ProviderRateLimits {
    requests_per_minute: number;
    input_tokens_per_minute: number;
    output_tokens_per_minute: number;
    tokens_per_minute: number;
}
/** The public settings. */
export interface PublicConfiguration {
    environment: string;
    version: string;
    console: boolean;
    features: Features;
    limits: Limits;
    identity_provider: IdentityProvider | null;
    language_model: LanguageModelState;
    default_model: string;
}
/** A queue in front of the provider. */
export interface Queue {
    max_calls_per_s: number;
    max_wait_s: number;
}
/** Whether this process should receive traffic. */
export interface Ready {
    ready: boolean;
    checks: Checks;
}
/** One change to make or to avoid, and its saving, with the evidence. */
export interface Recommendation {
    id: string;
    key?: string;
    kind: string;
    stance: Stance;
    action: string;
    impact: string;
    cost_change: string;
    savings: Savings;
    grade: Grade;
    formula: string;
    inputs: Record<string, unknown>;
    assumptions: string[];
    evidence: Evidence;
    how_to_verify: string;
    effort: Effort;
    risk: string;
    decision?: DecisionMade | null;
}
/** The refresh token of the last sign-in or refresh; without it, the one in the cookie, which is kept. */
export interface RefreshRequest {
    refresh_token?: string | null;
    keep?: "cookie" | null;
}
/** An option that breaks a limit, and the limit it breaks. */
export interface RefusedOption {
    option: string;
    why: string;
}
/** A new account. */
export interface RegisterRequest {
    email: string;
    name: string;
    password: string;
}
/** The rent of the user's own GPUs, which is the bill of the calls that they serve. */
export interface Rent {
    model: string;
    gpu: string;
    gpus: number;
    replicas: number;
    usd_per_gpu_hour: number;
    usd_per_hour: number;
    usd_in_window: number;
    calls: number;
}
/** A model of the log that its provider stops serving; `on` None: deprecated, without a known date. */
export interface Retirement {
    model: string;
    provider: string;
    on: string | null;
    calls: number;
}
/** The retry policy of failed calls. */
export interface Retries {
    max_attempts: number;
    retry_only_failed: boolean;
}
/** The share of input tokens that a cache with this time to live would have served. */
export interface ReuseShare {
    ttl_s: number | null;
    token_share: number;
}
/** One kind of call before and after; dollars are savings in the time after, None if unknown. */
export interface ReviewedGroup {
    group: string;
    before: Side;
    after: Side;
    saved_usd: number | null;
    mechanical_usd: number | null;
    behavioural_usd: number | null;
    low_usd: number | null;
    high_usd: number | null;
    accept_rate_change_95: number[] | null;
    cost: ReviewedGroupCost;
    quality: ReviewedGroupQuality;
    roll_back: boolean;
}
/** The target of one logged model's calls under the plan. */
export interface Route {
    from: string;
    model: string;
    provider: string | null;
    interface: RouteInterface;
    calls: number;
    share: number;
    usd_in_window: number;
}
/** A routing rule to a model: for a group (`by`, `match`), a model (`from`) or a number of calls. */
export interface RouteRule {
    by?: string;
    match?: string;
    from?: string;
    to: string;
    provider?: string;
    calls?: number;
    max_output_tokens?: number;
}
/** One name's sums; `share` is of the dollars, or of the calls where no call has a price. */
export interface Row {
    name: string | null;
    is_other: boolean;
    requests: number;
    usd: number | null;
    share: number;
    input_tokens: number;
    output_tokens: number;
    failed: number;
    latency_ms_p99: number | null;
}
/** The outcome of one row; `line` counts from 1. */
export interface RowOutcome {
    line: number;
    status: EventStatus;
    id?: string;
    code?: string;
    message?: string;
}
/** An accepted run; it is durable and will end. */
export interface RunAccepted {
    run_id: string;
    thread_id: string;
    status: RunState;
    created_at: string;
    thread_created: boolean;
}
/** The nested form of the question's subject. */
export interface RunContext {
    workload_id?: string | null;
    parameters?: Record<string, unknown> | null;
}
/** Why a run failed. */
export interface RunError {
    code: string;
    message: string;
}
/** The bill, the plan and the share saved; null where the result does not have the figure. */
export interface RunHeadline {
    bill_usd_per_month: number | null;
    plan_usd_per_month: number | null;
    saved_share: number | null;
}
/** Runs, in both documented shapes. */
export interface RunHistory {
    runs: RunLine[];
    total: number;
    limit: number;
    offset: number;
    data: RunLine[];
    pagination: Pagination;
}
/** A run in a list; `headline` is null until it has completed, and for a result without a bill. */
export interface RunLine {
    run_id: string;
    thread_id: string;
    status: RunState;
    phase: RunPhase;
    progress: number;
    message: string;
    workload_id: string | null;
    headline: RunHeadline | null;
    created_at: string;
    started_at: string | null;
    completed_at: string | null;
}
/**
 * The current state of a run; `result` is null until it has completed.
 *
 * `queue_position` is 1 for the oldest of all queued runs, and null for a run that is not queued.
 */
export interface RunStatus {
    run_id: string;
    thread_id: string;
    status: RunState;
    phase: RunPhase;
    progress: number;
    result: Advice | null;
    error: RunError | null;
    message: string;
    workload_id: string | null;
    parameters: Record<string, unknown>;
    last_seq: number;
    queue_position: number | null;
    created_at: string;
    started_at: string | null;
    completed_at: string | null;
}
/**
 * Dollars saved; negative is dollars lost. Each interval is one of 90 % and of the figure it names.
 *
 * Dollars a month are None where the log covers less than a day; `low` and `high` bound `usd_per_month`.
 */
export interface Savings {
    usd_per_month: number | null;
    low: number | null;
    high: number | null;
    usd_in_window: number;
    share_of_bill: number;
    share_low?: number | null;
    share_high?: number | null;
    low_in_window?: number | null;
    high_in_window?: number | null;
    interval?: string;
    marginal_usd_in_window?: number | null;
    marginal_usd_per_month?: number | null;
    cumulative_usd_per_month?: number | null;
    leave_one_out_usd_per_month?: number | null;
    applied_as?: number | null;
}
/** One name's sums in each bin; `name` None: calls without one, or with `is_other` all other names. */
export interface Series {
    name: string | null;
    is_other: boolean;
    requests: number[];
    usd: (number | null)[];
    input_tokens: number[];
    cached_input_tokens: number[] | null;
    output_tokens: number[];
    failed: number[];
}
/** Replicas of an open model on own GPUs, with arguments for the inference engines. */
export interface Serving {
    model: string;
    checkpoint: string;
    publisher: string | null;
    licence: string | null;
    non_commercial: boolean;
    gpu: string;
    gpus_per_replica: number;
    replicas: number;
    balancing: string;
    max_context_tokens: number;
    command: string;
    container: Container;
    environment: Record<string, string>;
    secrets: string[];
    vllm: string[];
    sglang: string[];
    tensorrt_llm: Record<string, unknown>;
}
/** One way to serve the traffic, a point of the Pareto analysis; None means "not known", never "good". */
export interface ServingOption {
    name: string;
    usd_in_window: number;
    usd_per_month?: number | null;
    kind?: string;
    ttft_ms_p99?: number | null;
    tpot_ms_p99?: number | null;
    latency_ms_p99?: number | null;
    ttft_ms_p99_range?: number[] | null;
    tpot_ms_p99_range?: number[] | null;
    latency_ms_p99_range?: number[] | null;
    memory_gib?: number | null;
    gpu?: string | null;
    replicas?: number | null;
    gpus?: number | null;
    slow_replays_holding?: number | null;
    needs_evaluation?: boolean;
}
/** A live session in the list; `is_current` marks the session of this request. */
export interface SessionLine {
    id: string;
    created_at: string;
    renewed_at: string | null;
    expires_at: string;
    address: string;
    agent: string;
    is_current: boolean;
}
/** The user's live sessions, newest first. */
export interface SessionList {
    data: SessionLine[];
    total: number;
    pagination: Pagination;
}
/** The calls on one side of a change. */
export interface Side {
    calls: number;
    usd_per_call: number | null;
    output_tokens_per_call: number;
    accepted: number[];
    failed_share: number | null;
    latency_ms_p50: number | null;
    latency_ms_p99: number | null;
}
/** The log's cost and latency now and after the change. */
export interface Simulated {
    calls: number;
    now_usd_in_window: number;
    then_usd_in_window: number;
    now_usd_per_month: number | null;
    then_usd_per_month: number | null;
    cost_change: string;
    steps: SimulatedStep[];
    truncated_share: number;
    calls_that_do_not_fit: number;
    latency_now: SimulatedLatency;
    latency_then: SimulatedLatency | null;
    fleet: ProposedFleetSummary | null;
    fleet_now: PresentFleetSummary | null;
    notes: string[];
}
/** Tails that are measured, predicted or modelled; only the latter two have 80 % intervals. */
export interface SimulatedLatency {
    ttft_ms_p99: number | null;
    tpot_ms_p99: number | null;
    latency_ms_p99: number | null;
    ttft_ms_p99_range?: number[];
    tpot_ms_p99_range?: number[];
    latency_ms_p99_range?: number[];
}
/** One part of the proposal, and its effect on top of the parts before it. */
export interface SimulatedStep {
    kind: string;
    usd_in_window: number;
    saved_usd_in_window: number;
    notes: string[];
}
/** Why a proposal cannot be: what the error of a single simulation says. */
export interface SimulationError {
    code: string;
    message: string;
    details: Record<string, unknown>;
}
/** The outcomes, in the order of the proposals. */
export interface SimulationGrid {
    results: SimulationLine[];
}
/** One proposal's outcome: exactly one of the two is not null. */
export interface SimulationLine {
    simulated: Simulated | null;
    error: SimulationError | null;
}
/** The calls under one name; `name` None are those without one. */
export interface Slice {
    name: string | null;
    requests: number;
    input_tokens: number;
    output_tokens: number;
}
/** The time that a log covers, and the factor from its dollars to dollars a month. */
export interface Span {
    seconds: number;
    per_month: number;
    scaled: boolean;
    is_month_known?: boolean;
    is_since_change?: boolean;
    notes?: string[];
}
/** Calls, tokens and dollars of one model, feature, template or tool; `name` None: unnamed calls. */
export interface Spend {
    name: string | null;
    requests: number;
    input_tokens: number;
    output_tokens: number;
    usd_in_window: number;
}
/** How the known values of a column are spread. */
export interface Spread {
    known: number;
    mean: number;
    p50: number;
    p90: number;
    p99: number;
    max: number;
}
/** The stated goals as a result shows them; `priority` and `unread` are always present. */
export interface StatedGoals {
    priority: Priority;
    budget_usd_per_month?: number | null;
    saving_share?: number | null;
    speedup?: number | null;
    traffic_growth?: number | null;
    ttft_ms_p99?: number | null;
    tpot_ms_p99?: number | null;
    latency_ms?: Record<string, number>;
    gpu_memory_gib?: number | null;
    gpus?: string[];
    constraints?: string[];
    features?: string[];
    models?: string[];
    model?: string | null;
    served_on?: string | null;
    served_replicas?: number | null;
    served_precision?: string | null;
    balancing?: StatedGoalsBalancing;
    spare_replicas?: number;
    change_at?: string | null;
    analyses?: string[];
    split_by?: StatedGoalsSplitBy | null;
    unread: string[];
    saving_usd_per_month?: number | null;
    limits?: LatencyLimit[];
    excluded?: string[];
    excluded_kinds?: string[];
    from_models?: string[];
    fleets?: GpuFleet[];
    per_feature?: FeatureGoal[];
    facts?: string[];
    assumed?: string[];
    ask_back?: string;
}
/** The connected user; `run_id`: a run without events to send; `expires_at`: the new expiry. */
export interface StatusData {
    connected: boolean;
    authenticated: boolean;
    user_id: number;
    run_id?: string;
    phase?: RunPhase;
    last_seq?: number;
    expires_at?: string;
    request_id?: string;
}
/** The run to cancel; without an id, the only live one. */
export interface StopData {
    run_id?: string | null;
}
/** The run to follow, from the event after `after` on. */
export interface SubscribeData {
    run_id: string;
    after?: number;
}
/** All settings of a result; `routes` is absent only for a log without calls. */
export interface SupplyConfig {
    retries?: Retries;
    deduplication?: Deduplication;
    caching?: CacheSetting[];
    batch?: CallGroup[];
    output_caps?: OutputCap[];
    serving?: Serving;
    autoscaling?: Autoscaling;
    rate_limits?: ProviderRateLimits;
    queue?: Queue;
    routes?: Route[];
    route_rules?: RouteRule[];
    after_evaluation?: SupplySettings;
}
/** The settings of one analyser, or of several merged; `route_rules` is `routes` in the JSON. */
export interface SupplySettings {
    retries?: Retries;
    deduplication?: Deduplication;
    caching?: CacheSetting[];
    batch?: CallGroup[];
    output_caps?: OutputCap[];
    serving?: Serving;
    autoscaling?: Autoscaling;
    rate_limits?: ProviderRateLimits;
    queue?: Queue;
    routes?: RouteRule[];
}
/**
 * One target of the question and the value reached; `met` None: the log cannot show it.
 *
 * `gpus` is a fleet that the question names: `asked` is its size, None where the question asks how many, and
 * `reached` is the number that keeps the limits. `rent_usd_in_window` is the rent of own GPUs, and `asked`
 * the list price of the same calls at a provider of the same model, None where none is known.
 */
export interface TargetOutcome {
    target: TargetOutcomeTarget;
    asked: number | null;
    reached: number | null;
    reached_if_evaluations_pass?: number | null;
    met: boolean | null;
    why: string;
    percentile?: number;
    feature?: string;
}
/** A conversation in a list. */
export interface ThreadLine {
    id: string;
    title: string;
    created_at: string;
    updated_at: string;
    message_count: number;
}
/** Conversations, in both documented shapes. */
export interface ThreadList {
    threads: ThreadLine[];
    total: number;
    limit: number;
    offset: number;
    data: ThreadLine[];
    pagination: Pagination;
}
/** One message; `run_id` is the run that it started or that produced it. */
export interface ThreadMessage {
    id: string;
    role: MessageRole;
    content: string;
    created_at: string;
    run_id: string | null;
}
/** A conversation with its messages, oldest first. */
export interface ThreadPage {
    id: string;
    title: string;
    messages: ThreadMessage[];
    created_at: string;
    updated_at: string;
    message_count: number;
}
/** The new title of a conversation. */
export interface ThreadTitle {
    title: string;
}
/** Opens one socket, once; `expires_in` is in seconds. */
export interface Ticket {
    ticket: string;
    expires_in: number;
}
/** Sums over calls; tokens are None where the log has no such column, dollars where no call is priced. */
export interface Totals {
    requests: number;
    input_tokens: number;
    cached_input_tokens: number | null;
    cache_write_tokens: number | null;
    output_tokens: number;
    usd: number | null;
    requests_unpriced: number;
    failed: number;
    latency_ms: Percentiles | null;
    ttft_ms: Percentiles | null;
}
/** Dollars for a million tokens of one event, after its tier; a request's fixed price in dollars. */
export interface UnitPrices {
    input_usd_per_m: number;
    cached_input_usd_per_m: number;
    cache_write_usd_per_m: number;
    output_usd_per_m: number;
    request_usd: number;
}
/** An effect that the log cannot show, and the column it lacks. */
export interface UnknownEffect {
    name: UnknownEffectName;
    needs: string;
}
/** The calls whose price is not known, with their shares and the models that their names may stand for. */
export interface UnpricedCalls {
    calls: number;
    call_share: number;
    token_share: number;
    names: string[];
    suggestions?: Record<string, string[]>;
}
/** The user who signed in. */
export interface UserCard {
    id: number;
    email: string;
    name: string;
    picture?: string;
}
/** The signed-in user. */
export interface UserProfile {
    id: number;
    email: string;
    name: string;
    picture: string | null;
    role: UserRole;
    created_at: string;
    updated_at: string;
}
/** The workload to watch, or to watch no longer. */
export interface WatchData {
    workload_id: string;
}
/** The time of the overview, `to` exclusive; the ends are None where there is no call and no bound. */
export interface Window {
    from: string | null;
    to: string | null;
    tz: string;
    bin: string;
    bin_s: number;
    bins: number;
}
/** A workload and its size. */
export interface WorkloadCard {
    id: string;
    name: string;
    created_at: string;
    updated_at: string;
    event_count: number;
    first_event_at: string | null;
    last_event_at: string | null;
}
/** One of the user's workloads, listed if the question does not name one. */
export interface WorkloadChoice {
    id: string;
    name: string;
    event_count: number;
}
/** A workload, its size, and the delivery of its events to ClickHouse. */
export interface WorkloadDetail {
    id: string;
    name: string;
    created_at: string;
    updated_at: string;
    event_count: number;
    first_event_at: string | null;
    last_event_at: string | null;
    waiting_events: number;
    dead_events: number;
    dead_letters: DeadEvent[];
}
/**
 * One call to a model, as a client sends it; only time, model and tokens are required.
 *
 * Token counts follow one convention for all providers: `input_tokens` counts all input, with
 * `cached_input_tokens` and `cache_write_tokens` as parts; `output_tokens` counts all output, with
 * `reasoning_tokens` as a part. Writes that live for 1 or 12 hours are parts of `cache_write_tokens`, where
 * that is given.
 */
export interface WorkloadEvent {
    timestamp: string;
    model: string;
    input_tokens: number;
    output_tokens: number;
    id?: string | null;
    provider?: string | null;
    cached_input_tokens?: number | null;
    cache_write_tokens?: number | null;
    reasoning_tokens?: number | null;
    latency_ms?: number | null;
    ttft_ms?: number | null;
    status?: string | null;
    cost?: number | null;
    currency?: string | null;
    session?: string | null;
    template?: string | null;
    feature?: string | null;
    tool?: string | null;
    prompt_hash?: string | null;
    prefix_hashes?: (number | string)[] | null;
    prefix_block_tokens?: number;
    offline?: boolean | null;
    deadline_s?: number | null;
    streaming?: boolean | null;
    max_output_tokens?: number | null;
    retry_of?: string | null;
    accepted?: boolean | null;
    service_tier?: string | null;
    region?: string | null;
    cache_write_1h_tokens?: number | null;
    cache_write_12h_tokens?: number | null;
    charges?: Record<string, number> | null;
    labels?: Record<string, string> | null;
    variant?: WorkloadEventVariant | null;
}
/** A page of workloads. */
export interface WorkloadList {
    data: WorkloadCard[];
    pagination: Pagination;
}
/** The size of a workload; `waiting_events` are those that ClickHouse does not have yet. */
export interface WorkloadUpdateData {
    workload_id: string;
    event_count: number;
    waiting_events: number;
    last_event_at: string | null;
    request_id?: string;
}
