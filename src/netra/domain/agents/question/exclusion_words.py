"""The words that leave a name out of the advice, by role: verbs, negations, predicates, prepositions."""

from typing import Final

TOUCH: Final = (
    r"(?:touch|chang|alter|modif|mov|mess|adjust|optimi[sz]|includ|consider|analy[sz]|switch|migrat"
    r"|suggest|recommend|propos|tweak|edit|amend|adapt|revis|rework|refactor|reconfigur|redesign|rebuild"
    r"|look|work|us|tun|interfer|tamper|rout|downgrad|upgrad|re-?writ|cut|cache|batch|tinker"
    r"|meddl|fiddl|disturb|affect|go near|get near|go anywhere near|come near|approach|dabbl|toy|fool|monkey"
    r"|lay (?:a |any |your )?(?:finger|hand)s?|put (?:a |any |your )?(?:finger|hand)s?|risk|endanger"
    r"|bother|play|swap|replac|count|put|shift|offer|rely|try|mention|anfass|recommending|advis|apply|do"
    r"|make|experiment|compress|shrink|trim|throttl|scal|simplif|improv|poke|convert|transfer|select"
    r"|choos|pick"
    r"|drop|speed|accelerat|substitut|exchang|promot|bring up|come up with|deploy|introduc|adopt)"
)
"""Stems of verbs that change, study or propose a thing; negated, they leave it out."""

CHANGED: Final = (
    r"(?:touch|chang|alter|modif|mov(?:e|ing)|migrat|optimi[sz]|switch|includ|part of|affect|involv|mess"
    r"|tweak|edit"
    r"|amend|adapt|revis|rework|adjust|tamper|disturb|replac|swap|downgrad|upgrad|rout(?:e|ing)"
    r"|consider|analy[sz]|cut|compromis|rewrit|reconfigur|in (?:it|the (?:study|analysis|scope)))"
)
"""Stems of what is done to a name, in the passive: “may not be altered”."""

NEG: Final = (
    r"(?:(?:do|does|did|must|should|ca|could|wo|would|may|shall|is|are|need|might)(?:n't|nt)|not|never|nobody"
    r"|no one|no-one|no team|none|cannot|without|forbidden|neither"
    r"|prohibited|unable|under no circumstances?|on no account|in no case|by no means|no need|no reason"
    r"|no way"
    r"|no permission|no right|no license|no appetite|no intention of|at no point|refus\w*|declin\w+|loath"
    r"|unwilling"
    r"|needn't|avoid|stop|against(?= (?:\w+ )?\w+ing\b)|nothing|no changes?|nor|ban|barred|no plans"
    r"|leave off|quit|resist|abstain\w*(?: from)?"
    r"|refrain\w*(?: from)?|banned|off[- ]limits)"
)

ADVERBS: Final = (
    r"(?:(?:exactly|precisely|just|right|completely|entirely|totally|fully|strictly|well|all|please"
    r"|currently|also|both"
    r"|always|still|simply|absolutely|definitely|certainly|already|firmly|very|so|for now|for the moment"
    r"|instead"
    r"|happily|safely|ever|forever|perfectly|quite|then|therefore|hence|to|be|been|being|get|gets|stay"
    r"|stays|remain"
    r"|remains|keep|keeps|left|kept|held|in|itself|themselves|now|today|only|must|should|has|have|needs?"
    r"|will|shall"
    r"|ought|can|may|is|are|'s|'re|a|an|ist|sind|bleibt|est|sont|reste|es|está|son|están|queda|considered"
    r"|regarded|deemed|declared|treated as|marked|off)\s+)*"
)

UNCHANGED: Final = (
    r"(?:alone\b|as (?:it|they|is|are|before|now|of now|today)\b|as-is|untouched|unchanged|unaltered"
    r"|unmodified|unaffected"
    r"|unoptimi[sz]ed|undisturbed|in peace|in place(?! of)|intact|where (?:it|they)|(?:just )?the way \w+"
    r"|how (?:it|they)"
    r"|exactly (?:as|like)|like (?:it|they) (?:is|are)|the same\b|constant\b|stable\b|put\b|frozen|fixed\b"
    r"|aside\b|out of (?:scope|bounds|it|this|the)"
    r"|for (?:now|later)\b|status quo)"
)
"""What a name stays or is left."""

OFF: Final = (
    r"(?:off[- ](?:limits?|the table|the menu)|out of (?:scope|bounds|it|this|question"
    r"|the (?:picture|question|study|analysis|equation|running|discussion))"
    r"|untouchable|frozen|taboo|sacred|sacrosanct|holy|excluded|exempt(?:ed)?|protected|locked(?: down)?"
    r"|verboten"
    r"|no[- ]go(?: area| zone)?s?|no[- ]touch|do[- ]not[- ]touch|hands[- ]off|read[- ]only|ring[- "
    r"]?fenced|quarantined|set in stone"
    r"|not (?:to be|in scope|part|up for|included|allowed|negotiable|available|an option|on the table"
    r"|ours|yours|relevant"
    r"|in question|affected|concerned|our (?:concern|business|problem)|eligible|a candidate|for (?:sale"
    r"|discussion|you)|open)"
    r"|non-?negotiable|none of (?:your|our) (?:business|concern)"
    r"|under (?:an? )?(?:\w+ )?(?:freeze|embargo|protection)|in (?:an? )?(?:\w+ )?(?:freeze)"
    r"|ignored|skipped|spared|omitted|left out|carved out|the (?:only |one |sole )?exceptions?|not to "
    r"change|forbidden|prohibited|banned|barred"
    r"|blacklisted|blocked|vetoed|ruled out|inviolable|immutable|unchangeable|handled (?:elsewhere"
    r"|separately)"
    r"|(?:somebody|someone|another team|some other team)(?: else)?'s (?:job|problem|business|turf|baby))"
)
"""Predicates that leave their subject out."""

EXCLUDE: Final = (
    r"(?:(?:a |the |in a )?(?:\w+ )?(?:freeze|embargo|moratorium) on|exclud(?:e|es|ing|ed)|omit(?:s|ted"
    r"|ting)?|spar(?:e|es|ing)|protect(?:s|ing)?|fr(?:eez(?:e|es|ing)|oze)|frozen"
    r"|ignor(?:e|es|ing)|skip(?:s|ping|ped)?(?: over)?|exempt(?:s|ing)?|park(?:ing)?|avoid(?:s|ing)?"
    r"|ban(?:s|ning|ned)?"
    r"|rul(?:e|ing)s? out|blacklist(?:ing|ed)?|disregard(?:ing)?|discount(?:ing)? out|set(?:ting)? aside"
    r"|lock(?:ing|ed)?(?: down)?(?! into)"
    r"|shield(?:ing)?|safeguard(?:ing)?|carv(?:e|ing) out|pass(?:ing)? over|ring-?fenc(?:e|ing|ed)"
    r"|forbid(?:s|ding)?|forbade"
    r"|prohibit(?:s|ed|ing)?|veto(?:es|ed|ing)?|put(?:ting)? aside|cross(?:ing)? off|cross(?:ing)? out"
    r"|bypass(?:ing)?"
    r"|waiv(?:e|ing)|shelv(?:e|ing)|quarantin(?:e|ing)|tak(?:e|ing) out|leav(?:e|ing) (?:out|off|aside"
    r"|alone))"
)
"""Verbs whose object is left out."""

EXCEPT: Final = (
    r"(?:except(?:ing|ed)?(?: for| in| on)?|besides|apart from|aside from|other than|outside(?: of)?"
    r"|save for|barring|bar"
    r"|minus|sans|but not|and not|just not|only not|not for|not in|not on|not including|not counting|not "
    r"touching|all but"
    r"|with the (?:sole |single |one )?exceptions? of|short of|leaving aside|(?:out of|not in|outside(?: "
    r"of)?) (?:the )?scope:?)"
)
"""Prepositions whose object is left out."""

FILL: Final = (
    r"(?:(?:the|our|my|any|all|anything|in|on|to|for|from|of|with|at|about|into|a|calls"
    r"|traffic|requests|prompts?|templates?|features?|tools?|models?|functions?|either|both|whole|entire"
    r"|existing"
    r"|current|related to|concerning|regarding|stuff|part|touching|ones?|those|anything"
    r"|called|named|it|there|en|dans|sur|à|bei|beim|von|an|la|el|los|las|le|les|der|das|den|dem)\s+"
    r"|[\"'`“‘(])*"
)
"""Words between a verb and the name that is its object."""
