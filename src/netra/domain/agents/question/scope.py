"""Recognise what this product cannot answer, and questions too vague to answer."""

import re
from typing import Final

CAN: Final = (
    "Netra reads a request log of language model calls and answers questions about cost, speed, traffic,"
    " rate limits, "
    "caching, models and GPUs, such as “20 % cheaper, but leave code_review alone” or “TTFT p99 below"
    " 500 ms”."
)
_OUT: Final = re.compile(
    r"\b(?:poem|limerick|sonnet about|haiku about|jokes?|songs?|lyrics|stor(?:y|ies) about|recipe|cook"
    r"|weather|translate|translation|football|soccer|basketball|(?:match|game) (?:yesterday|today|tonight)"
    r"|who (?:won|is|was|invented|wrote)|bitcoin|horoscope|president|capital of|movie|film|flight|hotel"
    r"|restaurant|birthday|pizza|homework|essay|cover letter|tweet|slogan|logo|meaning of life|"
    r"write (?:me )?(?:a|an|some) (?!report|plan|summary|list|recommendation)\w+|python script|regex|hire"
    r"|salary|vacation|lawyer|election|password|(?:summari[sz]e|read|answer|write|proofread) (?:our|my|the"
    r"|this|an?) (?:e-?mails?|documents?|articles?|books?|pdfs?|meetings?))\b",
    re.IGNORECASE,
)
_VERSE: Final = re.compile(
    r"\b(?:write|compose|tell|sing|give) (?:me |us )?(?:an? |some )?(?:\w+ )?(?:poems?|limericks?"
    r"|haikus?|sonnets?"
    r"|jokes?|songs?|lyrics|rap|fairy tale|novel)\b",
    re.IGNORECASE,
)  # whatever they are about
_CHAT: Final = re.compile(
    r"\b(?:hello|hi|hey|good (?:morning|evening|afternoon)|thanks?|thank you|how are you|who are you"
    r"|what are you|your name|about yourself|love|dinner|lunch|sing|draw|paint|picture|debug|compile"
    r"|javascript|tax(?:es)?|legal|gdpr|privacy|medical|doctor|war|news|log ?in|sign ?up|bug|printer"
    r"|laptop|stock)\b",
    re.IGNORECASE,
)
_MEASURES: Final = re.compile(
    r"\b(?:cheaper|costs?|latency|bill|ttft|tpot|spend\w*|faster|budget)\b|%", re.IGNORECASE
)
_QUALITY: Final = re.compile(
    r"\b(?:how (?:accurate|correct|good|truthful|reliable|helpful|biased|safe)|accura(?:te|cy) of"
    r"|hallucinat\w*|are (?:the|our|its|their) (?:answers|responses) (?:right|correct|good|accurate|true)"
    r"|correctness|toxicity|bias(?:ed)?|satisf\w+|sentiment|what (?:do|did|are) (?:our |the )?(?:users"
    r"|customers) (?:ask|say|want|think|complain)\w*)",
    re.IGNORECASE,
)
_CAUSE: Final = re.compile(
    r"\bwhy\b[^.?!]{0,60}\b(?:fail|error|crash|time out|timeout|break|refus)\w*|\b(?:fail|error"
    r"|crash)\w*[^.?!]{0,30}\bwhy\b",
    re.IGNORECASE,
)
_VAGUE: Final = re.compile(
    r"\W*(?:(?:please|just|can you|could you|now|hey|ok|so|i want you to|help me|help us|help|we want to"
    r"|i want to|i'd like to|let's|you should)\W+)*"
    r"(?:(?:make|get|do|fix|improve|change|check|handle|solve|sort|help|update|enhance"
    r"|sort out|look at|do something about|deal with|work on|take care of|clean)\s+"
    r"(?:it|this|that|these|things?|stuff|something|everything|us|me|the thing|the (?:thing|stuff|usual"
    r"|same|rest)|all|our (?:ai|stuff|thing|system|setup)|my (?:ai|stuff)|the (?:ai"
    r"|system))(?:\s+(?:better|good|great|work|nice|nicer|right|perfect|well|up|out|out|we (?:discussed"
    r"|talked about|agreed)(?: on)?|as discussed|like last time|again|for me|for us|now|properly"
    r"|more efficient|smarter|awesome|optimal|best|done))*"
    r"|(?:is|are|how is|how are|what about|how about)\s+(?:our|my|the|this|that|your)\s+(?:ai|llms?|thing"
    r"|things|stuff|system|it|setup|models?|agents?|product|app|bot)(?:\s+(?:any good|good|ok|okay|fine"
    r"|doing|working|going|great|bad|healthy|well|alright))*"
    r"|do (?:what|whatever|the (?:usual|same|thing|right|needful|rest)|your|as)\b.*|(?:more|less"
    r"|better|faster and better|the best"
    r"|same as (?:before|last time)|as (?:usual|discussed|before)|again|more please|do better|be better"
    r"|improve|optimi[sz]e|help|go|start|yes|no|ok|maybe|hm+|huh|what|anything|something|surprise me"
    r"|you decide|whatever|improvements?|any ideas?|thoughts|continue|next|stop|tbd|test|testing|asdf|foo"
    r"|bar)"
    r"|what do you think|what (?:now|next|else)|any (?:tips|thoughts|news)|how (?:is it|are things|are we"
    r"|do we) ?(?:going|doing|look)?|is (?:it|this|that|everything) (?:ok|okay|fine|good|any good|bad"
    r"|normal|right|enough))"
    r"\W*",
    re.IGNORECASE,
)
_PLAIN: Final = re.compile(
    r"\b(?:first|quick wins?|low[- ]hanging|trade-?offs?|summary|overview|report"
    r"|summari[sz]e(?=\W*$| (?:(?:the|this|my|our|all) )?(?:log|findings|results?|analys[ie]s|options"
    r"|advice)\b)"
    r"|recommend\w*|advi[cs]e|suggest\w*|audit|review|priorit\w*|plan|savings?|where (?:do|does|is|are|can"
    r"|could|should)|biggest|largest|most expensive|top|worst"
    r"|ttft|tpot|p9[059]|p50|percentiles?|prompts?|tokens?|traffic|usage|workloads?|models?|gpus?"
    r"|latenc\w*|costs?|bill|spend\w*|money"
    r"|cheap\w*|expens\w*|fast\w*|slow\w*|speed\w*|pay\w*|overpay\w*|what (?:should|can|could|do"
    r"|must) (?:i|we) (?:do|change|start)|caching|cache\w*|batch\w*|rout\w*|verbos\w*|rate limits?|limits?"
    r"|quotas?|bursts?|queues?|scal\w*|autoscal\w*"
    r"|self-?host\w*|host\w*|upgrad\w*|roll(?:ed)? ?back|switch\w*|migrat\w*|mov(?:e|ing)|compar\w*"
    r"|optimi[sz]\w*|efficien\w*|throughput|capacity|retries|retry|timeouts?|fail\w*|errors?|duplicat\w*"
    r"|repeat\w*|waste\w*|budget\w*|forecast|grow\w*|calls?|requests?|features?|tools?|templates?"
    r"|functions?|quality|deploy\w*|price\w*|pricing|provider\w*|context|output|input|concurren\w*"
    r"|reserved|commitments?)\b",
    re.IGNORECASE,
)


def out_of_scope(text: str, *, is_about_names: bool = False) -> str:
    """Return why this product cannot answer the text; empty if it can.

    >>> out_of_scope("write me a poem about GPUs")[:40]
    'This is not about a request log. Netra r'
    """
    is_weakly_out = _CHAT.search(text) is not None and not (is_about_names or has_a_topic(text))
    is_out = _OUT.search(text) is not None and _MEASURES.search(text) is None
    if is_weakly_out or is_out or _VERSE.search(text):
        return f"This is not about a request log. {CAN}"
    if _QUALITY.search(text):
        return f"A request log does not hold the quality of answers. {CAN}"
    return ""


def is_vague(text: str) -> bool:
    """Return whether the text asks for something without naming what.

    >>> is_vague("make it better"), is_vague("make it cheaper")
    (True, False)
    """
    return _VAGUE.fullmatch(text.strip()) is not None or re.search(r"[^\W\d_]", text) is None


def asks_for_causes(text: str) -> bool:
    """Return whether the text asks why calls fail, which no log says."""
    return _CAUSE.search(text) is not None


def has_a_topic(text: str) -> bool:
    """Return whether any word of the text is a topic of this product."""
    return _PLAIN.search(text) is not None
