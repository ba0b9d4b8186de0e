// hostile.mjs - 500 strings that would like to be more than text, made of parts; and what gives them away when they are.

const EVENTS = ["onmouseover", "onfocus autofocus", "onclick", "onload", "onerror", "onpointerenter", "onanimationstart", "ontoggle",
    "onbeforetoggle", "oncontentvisibilityautostatechange"];

// Ways out of where a text may stand: between tags, in an attribute, in an element that holds text only.
const WAYS_OUT = ["", "\">", "'>", "</textarea>", "</title>", "</pre>", "</script>", "-->", "</option></select>", "</code></p>", "</style>", "]]>", "\"/>"];

const MARKS = [
    "<img src=x onerror=ran=1>", "<svg onload=ran=1>", "<script>ran=1</script>", "<body onload=ran=1>", "<details open ontoggle=ran=1>",
    "<input autofocus onfocus=ran=1>", "<video src=x onerror=ran=1>", "<audio src=x onerror=ran=1>", "<iframe srcdoc='<script>parent.ran=1</script>'>",
    "<iframe src=javascript:parent.ran=1>", "<object data=javascript:ran=1>", "<embed src=javascript:ran=1>",
    "<script src=//elsewhere.example/a.js></script>", "<link rel=stylesheet href=//elsewhere.example/a.css>", "<base href=//elsewhere.example/>",
    "<meta http-equiv=refresh content='0;url=//elsewhere.example/'>", "<form action=javascript:ran=1><button>Go</button></form>",
    "<math><mi xlink:href=javascript:ran=1>x</mi></math>", "<a href=javascript:ran=1>x</a>", "<style>*{background:url(//elsewhere.example/s)}</style>",
    "<svg><script>ran=1</script></svg>", "<svg><animate onbegin=ran=1 attributeName=x dur=1s></svg>", "<svg><set onbegin=ran=1></svg>",
    "<svg><use href='data:image/svg+xml,x#y'></use></svg>", "<svg><foreignObject><img src=x onerror=ran=1></foreignObject></svg>",
    "<marquee onstart=ran=1>", "<template><img src=x onerror=ran=1></template>", "<noscript><p title='</noscript><img src=x onerror=ran=1>'>",
    "<button popovertarget=x onclick=ran=1>Go</button>", "<a href=\"jav&#x09;ascript:ran=1\">x</a>", "<ScRiPt\t>ran=1</sCrIpT >", "<svg/onload=ran=1//",
];

const ADDRESSES = ["javascript:ran=1", "JaVaScRiPt:ran=1", " javascript:ran=1", "java\tscript:ran=1", "javascript&colon;ran=1", "&#106;avascript:ran=1",
    "javascript://x%0aran=1", "data:text/html,<script>ran=1</script>", "vbscript:ran=1", "//elsewhere.example/", "https://a.example\"onclick=\"ran=1",
    "javascript:/*--></title></style></textarea></script><svg onload=ran=1>*/ran=1"];

const BRACES = ["{{title}}", "{{{title}}}", "{{&title}}", "{{token}}", "{{#agent}}x{{/agent}}", "{{>head}}", "{{@ask.heading}}", "{{^x}}", "{{/x}}",
    "{{! x}}", "{{", "}}", "{{=<% %>=}}", "{{constructor.constructor('ran=1')()}}", "${ran=1}", "#{ran=1}", "<%= ran=1 %>", "{% ran %}", "%s%n%x",
    "{mailbox}", "{link}", "[[ran=1]]"];

// Other ways to write <script>, for whoever decodes once too often; \x80 to \xff are bytes.
const SCRIPT = "<script>ran=1</script>";
const CODED = [SCRIPT.replaceAll("<", "&lt;"), SCRIPT.replaceAll("<", "&amp;lt;"), SCRIPT.replaceAll("<", "&#60;"), encodeURIComponent(SCRIPT),
    encodeURIComponent(encodeURIComponent(SCRIPT)), SCRIPT.replaceAll("<", "\\u003c"), SCRIPT.replaceAll("<", "\\x3c"), SCRIPT.replaceAll("<", "\\74"),
    "+ADw-script+AD4-ran=1+ADw-/script+AD4-", "=3Cscript=3Eran=1=3C/script=3E", "=?utf-8?Q?=3Cscript=3Eran=3D1=3C/script=3E?=",
    `=?utf-8?B?${Buffer.from(SCRIPT).toString("base64")}?=`, "=?iso-2022-jp?B?GyRCPHNjcmlwdD4=?=", "\x1b(J<script>ran=1</script>", "\x1b]0;x\x07<svg onload=ran=1>"];

// In front of an attack, in its middle, behind it: what is no UTF-8, or turns the direction, or is not seen.
const BYTES = ["\xc0\xbc", "\xe0\x80\xbc", "\xf0\x80\x80\xbc", "\xff\xfe", "\xed\xa0\x80", "\xc2", "\xf4\x90\x80\x80", "\x80"];
const utf8 = (text) => Buffer.from(text, "utf8").toString("latin1");
const UNSEEN = ["\u202e", "\u2066", "\u200f", "\u200b", "\ufeff", "\u2028", "\uff1c", "\u00a0"].map(utf8);

const CSS = ["x\" style=\"background:url(//elsewhere.example/c)", "x' style='position:fixed;inset:0", "expression(ran=1)", "@import '//elsewhere.example/a.css';",
    "</style><style>@import'//elsewhere.example/b.css'</style>", "x;background:url(javascript:ran=1)", "<p style=position:fixed;inset:0>x</p>"];

function every() {
    const all = [...ADDRESSES, ...BRACES, ...CODED, ...CSS];
    for (const event of EVENTS) for (const quote of ["\"", "'", "", "`"]) all.push(`x${quote} ${event.replace(" ", "=ran=1 ")}=ran=1 x=${quote}`);
    for (const odd of [...BYTES, ...UNSEEN]) all.push(`${odd}<svg onload=ran=1>`, `<img src=x ${odd}onerror=ran=1>`, `x"${odd}onfocus=ran=1 autofocus x="${odd}`);
    for (const out of WAYS_OUT) for (const mark of MARKS) all.push(out + mark);
    return all;
}

// Strings of bytes ("latin1"), all different.
export const HOSTILE = [...new Set(every())].slice(0, 500);
export const asText = (bytes) => Buffer.from(bytes, "latin1").toString("utf8");

// Joined to texts of at most so many bytes; what is longer by itself is left out.
export function joined(strings, max) {
    const texts = [];
    let text = "";
    for (const string of strings.filter((one) => one.length <= max)) {
        const longer = text === "" ? string : `${text} ${string}`;
        if (longer.length > max) texts.push(text);
        text = longer.length > max ? string : longer;
    }
    return text === "" ? texts : [...texts, text];
}

// For page.evaluate: the attacks that became a part of a document.
export function caught(root = document) {
    const found = [];
    const strange = "iframe, object, embed, base, style, math, animate, set, foreignObject, marquee, template, video, audio, noscript, body body, " +
        "script:not([src^='/static/']), link:not([href^='/']), meta[http-equiv], img:not([src^='/']), use, [style], [srcdoc], [autofocus][onfocus]";
    const strangeAddress = /^[\s\x00-\x1f]*((javascript|data|vbscript):|([a-z]+:)?\/\/elsewhere\.)/i;
    for (const e of root.querySelectorAll("*")) {
        const bad = [...e.attributes].some((a) => /^on/i.test(a.name) ||
            (/^(href|src|action|formaction|xlink:href|data|content)$/i.test(a.name) && strangeAddress.test(a.value)));
        if (bad || e.matches(strange)) found.push(e.outerHTML.slice(0, 120));
    }
    if ("ran" in window) found.push("a script ran");
    return found;
}
