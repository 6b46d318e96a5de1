"""The words of each measure, as a pattern; `concepts` says which keys of a payload need which."""

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, str]] = {
    "saving": r"below|beneath|sav\w+|can go|go(?:es)? away|disappear\w*|vanish\w*|cheaper|less|lower\w*"
    r"|cut\w*|reduc\w+"
    r"|drops?|dropped|falls?|fell|down|off|gains?|gained|shav\w+|trim\w*|avoid\w*|differ\w*|change\w*"
    r"|decreas\w*"
    r"|need not|needn['’]t|(?:do|does) not (?:need|have) to|(?:has|have|needs?|had) to|too much"
    r"|unnecessar\w*|over(?:spend|pay)\w*"
    r"|waiting|worth|impact|benefit\w*|recover\w*|knocks?|takes?|bring\w*|halv\w+|interval|fewer|smaller"
    r"|gone",
    "loss": r"less|more|dearer|add\w*|cost\w*|loss|los(?:es?|ing|t)|extra|expensive|increas\w*|rais\w+"
    r"|penalty|surcharge"
    r"|higher|up|interval|change\w*|differ\w*|sav\w+|doubl\w+",
    "ttft": r"ttft|first[- ]tokens?|time[- ]to[- ]first",
    "tpot": r"(?:each|every) (?:further|next|following|additional|subsequent) (?:one|token)|tpot|per[- "
    r"](?:output[- ])?token|(?:each|every) (?:next |further |output )?token"
    r"|inter-?token|next token"
    r"|token (?:rate|time)",
    "latency": r"latenc\w+|slow\w*|fast\w*|tak(?:es?|ing)|within|answers? in|respon\w+|whole[- ]call"
    r"|end[- ]to[- ]end|tail\w*|p[0-9]{2}"
    r"|percentile|limit\w*|median|finish\w*|complet\w*|calls? (?:last|run)\w*|seconds?|wait\w*|runs?"
    r"|duration|slo|needs?|answers? after|typically|middle|call takes|longer",
    "fail": r"fail\w*|error\w*|wast\w*|refus\w*|unsuccess\w*|timeouts?|timed out|retr(?:y|ies)\w*"
    r"|turned away|not charged"
    r"|unpaid|reject\w*|not billed|uncharged|avoidable|for nothing",
    "repeat": r"repeat\w*|duplicat\w*|identical|same (?:prompt|question|call)\w*|word for word"
    r"|redundan\w*|dedup\w*"
    r"|already answered|verbatim",
    "cache": r"cach\w+|prefix\w*|reus\w+|hits?|reads?|writes?|kept|ttl|time to live|shared|token share"
    r"|repeated part",
    "batch": r"batch\w*|discount\w*|can wait|offline",
    "truncate": r"cut|truncat\w*|cap|caps|capped|capping|limit\w*|shorten\w*|long(?:er)?|length\w*|at most",
    "growth": r"grow\w*|growth|traffic|usage|load|more calls|more requests|volume|increase\w*",
    "utilisation": r"utili[sz]\w*|busy|idle|used|use|load\w*|occup\w*",
    "accept": r"accept\w*|cascade\w*|approv\w*|evaluat\w*|pass\w*|judg\w*|good enough|answers",
    "break_even": r"break[- ]?even\w*|breaks? even|pays?|pay off|times|threshold|accept\w*|need\w*|at "
    r"least|above|under"
    r"|more than|would (?:have to|need)",
    "judge": r"judg\w*|evaluat\w*|sampl\w*|scor\w*|review\w*|grad\w*|compar\w*|test\w*|label\w*"
    r"|blind\w*|answers",
    "limit": r"limit\w*|target\w*|ask\w*|want\w*|goal\w*|slo|budget\w*|need\w*|requir\w*|request(?:ed"
    r"|ing)|promise\w*|within"
    r"|allow\w*|cap|under|threshold\w*|bound\w*|objective\w*|wish\w*|max\w*",
    "over_limit": r"too slow|over|exceed\w*|break\w*|miss\w*|slower|above|violat\w*|beyond|late|breach\w*"
    r"|out of"
    r"|past|longer",
    "wait": r"wait\w*|queu\w*|delay\w*|hold\w*|held|smooth\w*|shap\w*",
    "peak": r"peak\w*|bus(?:y|iest)\w*|burst\w*|max\w*|rate limit\w*|most|highest|limit\w*|ask\w*"
    r"|need\w*|at least|quota\w*"
    r"|per second|a second|a minute|per minute|spik\w*|average|mean",
    "if_pass": r"if|once|evaluat\w*|pass(?:es|ed|ing)?|provided|assuming|should|could|potential\w*|judg\w*",
    "planned": r"plan\w*|would|could|will|becom\w*|fall\w*|fell|drops?|dropped|down|after\w*|lower\w*"
    r"|reduc\w*|cut\w*|to|instead"
    r"|new|leav\w*|remain\w*|left|shrink\w*|then|from|can be|proposed|recommend\w*|optimi[sz]\w*",
    "hourly": r"gpu\w*|hour\w*|replica\w*|rent\w*|card\w*|accelerator\w*|h|hr",
    "hosting": r"self[- ]?host\w*|own|host\w*|gpu\w*|replica\w*|fleet|rent\w*|llama\w*|would cost|cost "
    r"more|dearer|serving|hardware",
    "retire": r"until|retire\w*|deprecat\w*|sunset\w*|end\w*|stop\w*|shut\w*|leav\w*|remov\w*"
    r"|withdraw\w*|gone|no longer|discontinu\w*",
    "input": r"input|prompts?|sent|in|incoming|context|reads?",
    "output": r"output|answers?|generat\w*|complet\w*|written|wrote|writes?|out|repl(?:y|ies)|produced?"
    r"|returned|response",
    "of_log": r"log|log['’]s|window",
    "points": r"points?",
    "threshold": r"if|once|as soon|more than|at least|above|over|needs?|break\w*|pays?|only|exceed\w*"
    r"|reach\w*|must|threshold",
    "would": r"would|could|then|instead|will|only",
    "all_tokens": r"tokens?",
    "succeed": r"succe\w+|went through|go through|(?:ended |finished )?well|ok|worked|answered|without "
    r"(?:an? )?(?:error|failure)s?"
    r"|(?:did|do|does) not fail|didn['’]t fail|never failed|not failed",
    "unrepeated": r"(?:not|n['’]t|never|no) (?:\w+ ){0,3}(?:repeat\w*|duplicat\w*|repetition\w*)|unique"
    r"|distinct"
    r"|first[- ]time|unrepeated|new prompts?",
    "cannot_wait": r"(?:cannot|can ?not|can['’]t|must not|could not|may not|not) (?:\w+ )?(?:wait|be "
    r"(?:batched|delayed))"
    r"|(?:stay|remain|kept?|left) (?:on|in|with) the standard|time-critical|interactive|urgent|need an "
    r"answer",
    "can_wait": r"(?:can|could|may) (?:all |also |well |easily )?(?:wait|be (?:batched|delayed|sent))|not "
    r"urgent|offline"
    r"|batch\w*|eligible",
    "misfit": r"(?:not|n['’]t) fit|(?:too (?:long|large|big))|(?:stay|remain)\w* (?:on|with|where)",
    "fit": r"fit\w*|suit\w*|suitable|could (?:go|move|run)|candidate\w*|eligible|mov\w+|take over",
    "within_limit": r"(?:within|under|below|inside|meet\w*|keep\w*|hold\w*|respect\w*|compl\w+ with)"
    r" (?:its |the |their |your |that |this )?(?:\w+ )?(?:limit|target|slo|objective|threshold|goal"
    r"|budget)s?|in time|on time|not (?:over|above)|fast enough",
    "over_by": r"to (?:keep|meet|hold|stay|get|respect)\b|(?:faster|quicker|shorter|less)\b.{0,40}\b(?:to"
    r"|it) (?:keep|meet|hold|stay|reach|get|respect)|(?:over|above|past|beyond|exceed\w*|miss\w*|break\w*"
    r"|overshoot\w*|overrun\w*|too slow|slower than)"
    r"(?: (?:its|the|their|your|that|this))?(?: \w+)? (?:limit|target|slo|objective|threshold|goal"
    r"|budget)s?|(?:limit|target|slo|objective|threshold|goal|budget)s? (?:is )?(?:exceeded|missed"
    r"|overshot|broken) by"
    r"|over by|times (?:its|the) (?:limit|target|slo|objective|threshold|goal|budget)s?|(?:exceeds?"
    r"|miss(?:es)?|over\w+) (?:it|this|that) by",
    "under_by": r"to spare|headroom|margin|room|(?:under|below|within|inside|short of)(?: (?:its|the|their"
    r"|your|that|this))?(?: \w+)? (?:limit|target|slo|objective|threshold|goal|budget)s?"
    r"|to spare|headroom|margin|reserve|room",
    "tail_ratio": r"(?:its|the|their|that of the|own) (?:own )?(?:median|p50|typical|middle)",
    "remain": r"remain\w*|left|leav\w*|still|rest|of (?:today['’]s|the current|the present|what you pay)",
    "other": r"others?|rest|remain\w*|apart from|except\w*|besides|outside|without|everything else|all but"
    r"|exclud\w+|left|elsewhere|aside",
    "range": r"between|to|from|range\w*|interval|low\w*|high\w*|least|most|up|best|worst|upper|bottom"
    r"|top|either|or|and|may|might"
    r"|conservative\w*|optimistic\w*|pessimistic\w*|bound\w*|floor|ceiling|as much|as little",
    "spread": r"half|middle|median|p[0-9]{2}|percentile|mean|average|typical\w*|largest|longest|max\w*"
    r"|min\w*|tail"
    r"|most|usual\w*",
    "route": r"rout\w*|send\w*|sent|go|goes|stay\w*|mov\w*|serv\w*|plan\w*|handle\w*|switch\w*|shift\w*",
    "stay": r"stay\w*|remain\w*|keep\w*|left|not fit|rest|unchanged",
    "plan": r"plan\w*|after\w*|would|will|instead|then",
    "kept": r"cach\w+|kept|keep\w*|within|minutes?|seconds?|hours?|days?|ttl|time to live|5 min\w*",
    "price": r"price\w*|list\w*|cost\w*|charg\w*|rate\w*|token\w*",
}  # fmt: skip
