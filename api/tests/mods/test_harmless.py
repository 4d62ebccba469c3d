"""What is left of the HTML that authors write: formatting and links, and nothing that runs, loads, covers or deceives."""

from html.parser import HTMLParser

import pytest

from vintagestory_api.mods.catalog_details import harmless


class Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<img src='https://foreign.example/pixel.png'>",
        "<img src=x onerror=alert(1)>",
        "<picture><source srcset='https://foreign.example/a.webp'></picture>",
        "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
        "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
        "<iframe src='https://foreign.example/'></iframe>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<object data='x'></object><embed src='x'><applet></applet>",
        "<video autoplay src='https://foreign.example/v'></video><audio src='x'></audio>",
        "<form action='https://foreign.example/'><input name=password><button>Sign in</button></form>",
        "<link rel=stylesheet href='https://foreign.example/a.css'><meta http-equiv=refresh content='0;url=x'><base href='//x'>",
        "<style>body{background:url(https://foreign.example/)}</style>",
        "<template><script>alert(1)</script></template><noscript><img src=x></noscript>",
        "<!--<img src=x>--><![CDATA[<img src=x>]]>",
        "<marquee onstart=alert(1)>x</marquee><dialog open>x</dialog>",
    ],
)
def test_elements_that_run_or_load_something_are_gone(html: str) -> None:
    allowed = {"a", "p", "b", "tbody"}
    assert {tag for tag, _ in Elements(harmless(f"<p>before {html} <b>after</b></p>")).found} <= allowed
    assert "foreign.example" not in harmless(html)
    assert "alert(1)" not in harmless("<p>" + html.replace("<scr<script>ipt>alert(1)</scr</script>ipt>", "") + "</p>")


@pytest.mark.parametrize(
    "attribute",
    [
        "style='position:fixed;inset:0'", "class='mantine-Button-root'", "id='root'", "onclick='alert(1)'", "OnMouseOver=a(1)",
        "onpointerrawupdate=alert(1)", "background='https://foreign.example/x.png'", "data-x=1", "tabindex=1", "autofocus",
        "contenteditable", "hidden", "dir=rtl", "is=x", "slot=x", "part=x", "popover", "accesskey=x", "aria-label=x", "role=a",
        "nonce=x", "name=x", "target=_top", "download", "ping='https://foreign.example/'", "formaction='javascript:alert(1)'",
    ],
)  # fmt: skip
def test_attributes_that_act_or_disguise_are_gone(attribute: str) -> None:
    for tag in ("p", "span", "a", "td", "ol", "details", "div", "h1"):
        html = harmless(f"<table><tr><td><{tag} {attribute}>text</{tag}></td></tr></table>")
        for found, attributes in Elements(html).found:
            forced = {"rel": "noopener noreferrer nofollow", "target": "_blank"} if found == "a" else {}
            assert attributes == forced, html
        assert "text" in html


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "java&#10;script:alert(1)",
        "&#106;avascript:alert(1)", "\x01javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x",
        "file:///etc/passwd", "blob:https://x/1", "about:blank", "mailto:a@b.example", "ftp://x.example/", "steam://run/1",
        "/api/v1/settings", "//foreign.example/x", "../settings", "#top", "?a=b", "settings", "",
    ],
)  # fmt: skip
def test_links_lead_to_the_web_or_nowhere(address: str) -> None:
    ((tag, attributes),) = Elements(harmless(f'<a href="{address}">text</a>')).found
    assert tag == "a"
    assert attributes.get("href") is None


@pytest.mark.parametrize("address", ["https://example.org/a?b=c#d", "http://example.org/"])
def test_links_open_elsewhere_and_tell_nobody_where_they_were(address: str) -> None:
    ((_, attributes),) = Elements(harmless(f'<a href="{address}" rel="opener" target="_self" title="t">text</a>')).found
    assert attributes == {"href": address, "title": "t", "target": "_blank", "rel": "noopener noreferrer nofollow"}


def test_plain_formatting_stays() -> None:
    html = "<h2>Title</h2><p>A <strong>b</strong> <em>c</em><br>d</p><ul><li>e</li></ul><pre><code>f</code></pre>"
    assert harmless(html) == html
    table = '<table><tbody><tr><td colspan="2">a</td></tr></tbody></table>'
    assert harmless(table) == table
    assert harmless("<p>1 < 2 & 3</p>") == "<p>1 &lt; 2 &amp; 3</p>"
