// The report as one HTML page, with its styles and figures inside.
#include "experiments/comparison/report/report.h"
#include "experiments/reports/page.h"
#include "experiments/reports/svg.h"

namespace curl_rl::comparison {
namespace {

using reports::XmlEscaped;

std::string TagClass(const std::string& standing) {
  if (standing == "Leads") return "tag leads";
  return standing == "Not established" ? "tag open" : "tag";
}

// The first verdict is the headline; the tasks' own follow in small.
std::string Answer(const std::vector<Verdict>& verdicts) {
  std::string html = "<section class=\"answer\">\n";
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const Verdict& verdict = verdicts[i];
    const std::string tag = "<span class=\"" + TagClass(verdict.standing) + "\">" +
                            XmlEscaped(verdict.standing) + "</span>";
    if (i == 0) {
      html += tag + "<p class=\"top\">" + XmlEscaped(verdict.headline) + "</p>\n<p class=\"num\">" +
              XmlEscaped(verdict.detail) + "</p>\n";
      if (verdicts.size() > 1) html += "<ul>\n";
    } else {
      html += "<li><p>" + tag + XmlEscaped(verdict.headline) + "</p><p class=\"num\">" +
              XmlEscaped(verdict.detail) + "</p></li>\n";
    }
  }
  return html + (verdicts.size() > 1 ? "</ul>\n" : "") + "</section>\n";
}

// A table that belongs to the figure before it stands without a heading of its own.
std::string Sheet(const Report& report, const std::string& name, bool heading) {
  for (const Table& table : report.tables) {
    if (table.name == name) {
      return heading ? reports::TableHtml(table) : reports::FoldedTableHtml(table);
    }
  }
  return "";
}

}  // namespace

std::string ToHtml(const Report& report) {
  std::string html = Answer(report.verdicts) + reports::WarningsHtml(report.warnings);
  for (const Figure& figure : report.figures) {
    html += reports::FigureHtml(figure);
    if (figure.name == "curves_env_step") html += Sheet(report, "scores", true);
    if (figure.name == "aggregates") {
      html += Sheet(report, "aggregates", false) + Sheet(report, "areas", false);
    }
    if (figure.name == "improvement") html += Sheet(report, "pairs", false);
    if (figure.name == "published_curves") html += Sheet(report, "published_curves", false);
    if (figure.name == "threshold") html += Sheet(report, "thresholds", false);
  }
  html += Sheet(report, "published", true);
  if (!report.citations.empty()) {
    html += "<ol class=\"cite\">\n";
    for (const std::string& citation : report.citations) {
      html += "<li>" + XmlEscaped(citation) + "</li>\n";
    }
    html += "</ol>\n";
  }
  html +=
      "<h2>How this was computed</h2>\n" +
      reports::FoldedTextHtml("Manifest: options, runs, input hashes, version", report.manifest);
  return reports::PageHtml("curl_rl comparison", html);
}

}  // namespace curl_rl::comparison
