// One HTML page that needs nothing else: figures, tables, warnings, styles for light and dark.
#pragma once

#include <string>
#include <vector>

#include "experiments/reports/table.h"

namespace curl_rl::reports {

struct Figure {
  std::string name;  // of the file, without its ending
  std::string title;
  std::string caption;  // how to read it: what the marks, bands and numbers are
  std::string svg;
};

/// The whole page around `body`; `title` stands above it and on the window.
std::string PageHtml(const std::string& title, const std::string& body);

/// A box that is open: a warning that must be looked for warns nobody. "" without warnings.
std::string WarningsHtml(const std::vector<std::string>& warnings);

std::string FigureHtml(const Figure& figure);

/// With a heading of its own.
std::string TableHtml(const Table& table);

/// Folded away, for a table that belongs to the figure before it.
std::string FoldedTableHtml(const Table& table);

/// A text folded away under `summary`.
std::string FoldedTextHtml(const std::string& summary, const std::string& text);

}  // namespace curl_rl::reports
