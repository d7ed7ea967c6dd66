// Styles, and the pieces of a page as HTML.
#include "experiments/reports/page.h"

#include "experiments/reports/plot.h"

namespace curl_rl::reports {
namespace {

// One file without a script, a font or an address: it can be mailed, archived, and opened in years.
const char* const kCss = R"css(
:root{--page:#f6f7f9;--paper:#fff;--ink:#1f2328;--muted:#5d6672;--line:#e2e5ea;--lead:#0b6b3a;
--leadbg:#e3f5ea;--tie:#5d6672;--tiebg:#eceff3;--open:#8a5300;--openbg:#fdf0d9}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.55 Inter,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif}
main{max-width:1040px;margin:0 auto;padding:28px 20px 80px}
h1{font-size:14px;font-weight:600;color:var(--muted);margin:0 0 14px}
h2{font-size:19px;margin:40px 0 10px}
.answer,figure,.warn,.sheet{background:var(--paper);border:1px solid var(--line);border-radius:10px}
.answer{padding:20px 24px}
.answer .top{font-size:24px;line-height:1.3;font-weight:650;margin:6px 0 4px}
.answer .num{color:var(--muted);margin:0;font-variant-numeric:tabular-nums}
.answer ul{list-style:none;margin:16px 0 0;padding:0;border-top:1px solid var(--line)}
.answer li{padding:11px 0 0}
.answer li p{margin:0}
.answer li .num{font-size:13.5px}
.tag{display:inline-block;font-size:12px;font-weight:650;padding:1px 9px;border-radius:99px;
margin-right:8px;vertical-align:2px;background:var(--tiebg);color:var(--tie)}
.tag.leads{background:var(--leadbg);color:var(--lead)}
.tag.open{background:var(--openbg);color:var(--open)}
.warn{padding:14px 24px;margin-top:14px;border-left:4px solid #d98a00}
.warn summary{font-weight:650;cursor:pointer}
.warn ul{margin:8px 0 0;padding-left:20px}
.warn li{margin:3px 0}
figure{margin:0;padding:12px 12px 4px}
figure svg{width:100%;height:auto;display:block}
figcaption,.note{color:var(--muted);font-size:13.5px;margin:6px 10px 10px}
.note{margin:0 0 8px}
.sheet{padding:4px 14px}
.scroll{overflow-x:auto}
.w{white-space:nowrap}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th{font-weight:600;color:var(--muted);text-align:left;white-space:nowrap;padding:9px 7px 7px}
td{padding:5px 7px;vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}
tr.g td{border-top:1px solid var(--line)}
details.sheet{padding:10px 18px;margin-top:10px}
details.sheet summary{cursor:pointer;font-weight:600}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:12px}
ol.cite{font-size:13px;color:var(--muted)}
)css";

const char* const kDarkCss =
    ":root{--page:#0e1116;--paper:#171b21;--ink:#e6e8eb;--muted:#9aa4b2;--line:#2d333b;"
    "--lead:#62d39a;--leadbg:#123524;--tie:#c2cad4;--tiebg:#262c34;--open:#f2b955;--openbg:#"
    "3a2a0d}";

}  // namespace

std::string PageHtml(const std::string& title, const std::string& body) {
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>" +
      XmlEscaped(title) + "</title>\n<style>";
  html += kCss;
  html += std::string("@media (prefers-color-scheme:dark){") + kDarkCss + DarkThemeCss() + "}";
  html += "</style></head><body><main>\n<h1>" + XmlEscaped(title) + "</h1>\n";
  return html + body + "</main></body></html>\n";
}

std::string WarningsHtml(const std::vector<std::string>& warnings) {
  if (warnings.empty()) return "";
  std::string html =
      "<details class=\"warn\" open><summary>Read with care: " + std::to_string(warnings.size()) +
      (warnings.size() == 1 ? " warning" : " warnings") + "</summary><ul>\n";
  for (const std::string& warning : warnings) html += "<li>" + XmlEscaped(warning) + "</li>\n";
  return html + "</ul></details>\n";
}

std::string FigureHtml(const Figure& figure) {
  return "<h2>" + XmlEscaped(figure.title) + "</h2>\n<figure>" + figure.svg + "<figcaption>" +
         XmlEscaped(figure.caption) + "</figcaption></figure>\n";
}

std::string TableHtml(const Table& table) {
  return "<h2>" + XmlEscaped(table.title) + "</h2>\n<p class=\"note\">" + XmlEscaped(table.note) +
         "</p>\n<div class=\"sheet\">" + ToHtml(table) + "</div>\n";
}

std::string FoldedTableHtml(const Table& table) {
  return "<details class=\"sheet\"><summary>Numbers: " + XmlEscaped(table.title) +
         "</summary><p class=\"note\">" + XmlEscaped(table.note) + "</p>" + ToHtml(table) +
         "</details>\n";
}

std::string FoldedTextHtml(const std::string& summary, const std::string& text) {
  return "<details class=\"sheet\"><summary>" + XmlEscaped(summary) + "</summary><pre>" +
         XmlEscaped(text) + "</pre></details>\n";
}

}  // namespace curl_rl::reports
