"""Words that tell instructions from statements; plain data for `labels`.

English first; the other languages have the words that oblige and forbid, which is what separates
best. Lower case.
"""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Verbs that begin an order: "Use …", "Keep …".
ORDERS = _set("""
    abide abort accept acknowledge activate adapt add adhere adjust adopt advise align
    allow amend analyse analyze annotate announce answer append apply approve arrange ask assert
    assess assign assume attach avoid await batch be become begin bind browse bump calculate
    capture centralize check choose cite clarify clone close collect combine come communicate
    compare compile compose compute conclude conduct configure confirm conform consider
    consolidate construct consult continue convert coordinate craft create customize deal decide
    declare decompose defer define delegate delete deliver demonstrate derive describe detect
    determine develop diagnose differentiate disable discard disclose discuss distinguish do don't
    download draw elaborate eliminate embed embrace emit employ emulate enable encapsulate encode
    encourage enforce engage enhance ensure enter enumerate escalate escape establish estimate
    evaluate examine exclude execute exercise expand expect explain explore expose express extend
    extract familiarize favor favour fetch fill finalize find fix follow gather generate
    get give go grant greet handle hardcode hide identify ignore illustrate implement import
    improve include incorporate increase indent indicate infer inform inherit initialize inject
    inspect install instruct integrate interpret introduce investigate invoke isolate iterate join
    justify keep know learn leave let leverage listen locate lowercase maintain make manage mark
    maximize memoize mention merge migrate mimic minimize mock modify modularize navigate
    normalize notify observe obtain omit opt optimize organize overwrite parse pass paste perform
    persist pick place populate praise precede prefer prefix prepare preserve prevent prioritize
    proceed produce propose protect provide put raise reach read reassess rebase recommend
    reconsider redact redirect reduce reevaluate refactor refer refine reflect refrain refuse
    regenerate register reject rely remain remember remind remove rename render repeat rephrase
    replace reply reproduce require reread resolve respect respond restart restate restrict retain
    rethrow retrieve retry reuse revise rewrite run sanitize say schedule seek select send
    serialize serve set show simplify skip specify standardize stay stick stop streamline
    strip strive submit suffix suggest summarise summarize supply suppress synthesize
    take teach tell terminate throw transform translate treat trim try understand undo unsubscribe
    update upload use utilize validate verify visit warn weigh wrap write yield
    """)
# Verbs that as often are nouns ("Test utilities", "State objects"): orders where an object follows.
MAYBE_ORDERS = _set("""
    access act address aim base benchmark break build bundle cache call catch clean clear commit complete copy
    correct cover debug default deploy design display document draft drop edit end exit export
    fail fall feel file filter finish flag focus force format frame group guard guide
    help highlight index insert issue label launch lead limit link list load lock log look map
    match measure mirror monitor move name nest note number offer open order outline output
    override patch pause pin plan point post present press print process publish pull push query
    quote reason record reference release report request rerun reset result return review round
    save scan scope search separate share ship signal sort split squash stage start state store structure
    study support suspend switch sync tag tailor target test think title trace track trigger trust
    turn type upgrade view wait walk watch work
    """)
# Orders with the verb further on: "Please run …", "Then run …", "Always run …".
BEFORE_VERB = _set("""
    please always never then also finally first firstly second secondly third next now just kindly
    instead otherwise only again carefully clearly explicitly directly immediately briefly simply
    thoroughly regularly actively consistently strictly generally usually preferably ideally and or
    so but again once afterwards additionally furthermore similarly likewise still correctly properly
    automatically silently manually gracefully proactively periodically later
    """)
CONDITIONS = _set("""
    when whenever if unless before after while until for in on at during once where wherever as with
    without to by from upon given under within because since although instead rather prior outside
    inside every each all any across between depending whether
    """)

# What follows is re.VERBOSE, without case unless said.
CLAUSE = r"(?:^|[,;:.—–→(]\s*|\b(?:and|but|or|so|then|please|you|also|to|,)\s+)"
PROHIBITION = rf"""
    {CLAUSE}(?:do\ not|don't|never|avoid|refrain|not\ to)\b
    |\b(?:must|should|shall|will)\s?(?:not|n't|\ never)\b
    |\b(?:forbidden|prohibited|banned|disallowed|under\ no\ circumstances|not\ (?:allowed|permitted))\b
    |^(?:no|zero)\ [a-z]
"""
OBLIGATION = r"""
    (?<!that\ )(?<!which\ )(?<!who\ )\b(?:must|shall|should|ought\ to|(?:has|have|need|needs)\ to)\b
    |\b(?:supposed\ to|recommended\ to|(?:en|dis)couraged|you\ (?:will|may\ only|can\ only|are\ to)
      |we\ (?:prefer|require|always|never)
      |it(?:\ is|'s)\ (?:important|essential|crucial|critical|vital)\ (?:to|that)
      |make\ sure|be\ sure|takes?\ precedence|at\ all\ times|only\ \S+(?:\ \S+)?\ (?:is|are)\ (?:accepted|allowed))\b
    |\(not\ ["“'‘`X]
"""
REQUIREMENT = _set("require requires required mandatory")
DUTY = r"(?:you\ are\ (?:an?|the)|you\ act|must|should|shall|needs?\ to|has\ to|(?:strongly\ |highly\ )?recommended)\b"
STRESS = _set("MUST NEVER ALWAYS ONLY NOT DON'T REQUIRED MANDATORY CRITICAL IMPORTANT WILL")
HEDGE = _set(
    """
    always never only prefer preferred preferably preferring unless avoid please recommended follow
    rather instead least
    """
)
# The words without which the patterns need not be tried.
PROHIBITING = _set(
    """
    not don't never avoid refrain mustn't shouldn't shan't won't forbidden prohibited banned disallowed
    circumstances no zero
    """
)
OBLIGING = _set(
    """
    must shall should ought has have need needs supposed recommended encouraged discouraged you we it
    it's sure take takes times only not
    """
)
OTHER_LANGUAGES = r"""
    不要|不得|不能|不可|请|必须|务必|应当|应该|应|禁止|严禁|始终|避免|确保|优先|使用|遵循|保持|永远
    |請|必須|應|確保|避免
    |してください|しないで|すること|しない|必ず|べき|禁止|なければ|てはいけない|ください
    |하세요|마세요|십시오|해야|합니다\s*$|하지\s*않|금지|반드시|항상|세요|사용합니다|피하|권장
    |\b(?:muss|müssen|soll|sollen|sollte|sollten|darf|dürfen|niemals|immer|verwende|nutze|vermeide
      |bitte|keine?n?|stelle\ sicher)\b
    |\b(?:doit|doivent|jamais|toujours|ne\ pas|évite[rz]?|utilise[rz]?|veuillez|assure[rz]?-)\b
    |\b(?:debe|deben|nunca|siempre|no\ uses|evita|usa|utiliza|asegúrate|por\ favor)\b
    |\b(?:deve|devem|sempre|não\ use|evite|use|utilize|certifique-se)\b
    |\b(?:должен|должны|никогда|всегда|нельзя|используй(?:те)?|избегай(?:те)?|не\s+\w+(?:й|йте|ь|ьте))\b
"""

RULE_SECTIONS = r"""
    \b(?:rules?|guidelines?|guardrails?|conventions?|standards?|requirements?|principles?|practices?
      |polic(?:y|ies)|anti-?patterns?|don'?ts?|dos?\b|must|never|always|avoid|constraints?
      |instructions?|style|checklist|boundaries|prohibited|forbidden|contracts?|tips|discipline)\b
    |规则|规范|要求|原则|规约|준수|규칙|지침|ルール|規約
"""
FACT_SECTIONS = r"""
    \b(?:overview|architecture|structure|layout|background|context|about|introduction|related|files?
      |directories|tech(?:nology)?\ stack|technologies|components?|modules?|glossary|references?
      |resources|links|changelog|history|what\ is|entry\ points?|key\ (?:files|concepts)|summary
      |features|packages|purpose|documentation\ map|see\ also|artifacts?)\b
"""
COMMAND_SECTIONS = (
    r"\b(?:commands?|scripts?|quick\ ?start|building|running|build|setup|cheat\ ?sheet)\b"
)
EXAMPLE_SECTIONS = r"\b(?:examples?|samples?|demo)\b"
EXAMPLE_START = r"""
    (?:for\ )?examples?\b|e\.g\.|(?:good|bad|correct|incorrect|wrong)\s*:
"""
SHELL = _set("""
    ansible aws az bash bazel black brew bun bundle cargo cd clang clippy cmake composer conda cp
    curl deno django-admin docker docker-compose dotnet eslint flake8 flask flutter gcloud gem gh git
    go gradle helm hatch isort java jest just kubectl lerna make mise mix mkdir mocha mvn mypy nix node
    npm npx nx pants pdm php pip pip3 pipenv playwright pnpm poetry pre-commit prek prettier promptops
    psql pyright pytest python python3 rails rake rg rspec ruff rustc rustup sbt sh source swift
    terraform tox ts-node tsc turbo uv uvicorn uvx vitest xcodebuild yarn zig sudo ls cat rm mv grep
    """)
RUN_VERBS = _set("run execute install build start test launch deploy lint format open")
# What follows a verb that is no noun.
OBJECTS = _set(
    """
    the a an all any each every your our its it them this that these those only with to in for from
    no not new existing at least one two both another how what which whether if by on as out up off
    """
)
NO_OBJECTS = _set("is are was were of has have can will")  # "Use is", "Import of": a noun
TIMES = r"\b(?:if|when|before|after|until|unless|every\ time)\b"
