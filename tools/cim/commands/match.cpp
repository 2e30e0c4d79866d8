// cim match: which of the patterns in a file match each subject; to check permissions, filters and routes.
#include <cim/subject_matcher.hpp>

#include "base/try.hpp"
#include "command.hpp"
#include "import/line_reader.hpp"
#include "input.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cim::cli {
namespace {

struct MatchArguments {
    std::string patterns;
    std::string subjects = "-";
    bool matching_only = false;
};

std::unexpected<Error> at_line(Error error, const importer::LineReader& lines) {
    error.message = lines.source() + ':' + std::to_string(lines.number()) + ": " + error.message;
    return fail(std::move(error).with("line", std::to_string(lines.number())).with("source", lines.source()));
}

// The patterns in order; the place of each is the value it is subscribed with.
Result<std::vector<std::string>> read_patterns(const std::string& path, SubjectMatcher& matcher) {
    CIM_TRY_ASSIGN(auto file, InputFile::open(path));
    importer::LineReader lines(file.stream(), file.name());
    std::set<SubjectPattern> patterns;
    while (true) {
        CIM_TRY_ASSIGN(const bool found, lines.next());
        if (!found) break;
        auto pattern = SubjectPattern::parse(lines.line());
        if (!pattern) return at_line(std::move(pattern).error(), lines);
        patterns.insert(*std::move(pattern));
    }
    std::vector<std::string> texts;
    for (const auto& pattern : patterns) {
        CIM_TRY(matcher.subscribe(pattern, texts.size()));
        texts.push_back(pattern.str());
    }
    return texts;
}

// One answer as a line. Patterns come as they are written: already in JSON where JSON is wanted.
void append_answer(std::string& out, bool json, std::string_view subject, const std::vector<std::string>& patterns,
                   const std::vector<SubjectMatcher::Value>& places) {
    if (json) {
        out += "{\"subject\":";
        append_json_string(out, subject);
        out += ",\"patterns\":[";
        for (std::size_t i = 0; i < places.size(); ++i) {
            if (i != 0) out += ',';
            out += patterns[places[i]];
        }
        out += "]}\n";
        return;
    }
    out += subject;
    for (const auto place : places) {
        out += '\t';
        out += patterns[place];
    }
    out += '\n';
}

Result<int> run_match(Context& context, const MatchArguments& arguments) {
    if (arguments.patterns == "-" && arguments.subjects == "-")
        return fail(Errc::invalid_argument, "patterns and subjects cannot both come from standard input",
                    "give --subjects FILE", {{"name", "subjects"}});
    SubjectMatcher matcher;
    CIM_TRY_ASSIGN(auto patterns, read_patterns(arguments.patterns, matcher));
    if (context.json) {
        for (auto& pattern : patterns) {
            std::string quoted;
            append_json_string(quoted, pattern);
            pattern = std::move(quoted);
        }
    }
    CIM_TRY_ASSIGN(auto file, InputFile::open(arguments.subjects));
    importer::LineReader lines(file.stream(), file.name());
    SubjectMatcher::Reader reader(matcher);
    std::vector<SubjectMatcher::Value> places;
    std::string out;
    while (true) {
        CIM_TRY_ASSIGN(const bool found, lines.next());
        if (!found) break;
        const auto subject = lines.line();
        const auto matching = reader.match(subject);
        // Only a subject is matched by anything; what nothing matches may be none.
        if (matching.empty())
            if (auto parsed = Subject::parse(subject); !parsed) return at_line(std::move(parsed).error(), lines);
        if (matching.empty() && arguments.matching_only) continue;
        places.assign(matching.begin(), matching.end());
        std::ranges::sort(places);
        out.clear();
        append_answer(out, context.json, subject, patterns, places);
        CIM_TRY(context.out.text(out));
    }
    return exit_ok;
}

void bind_match(Command command, MatchArguments& arguments) {
    command.add_option("--patterns", arguments.patterns, "a file with one pattern a line; - is standard input")
        .required()
        .type_name("FILE");
    command.add_option("--subjects", arguments.subjects, "a file with one subject a line; - is standard input")
        .type_name("FILE")
        .show_default();
    command.add_flag("--matching", arguments.matching_only, "leave out subjects that nothing matches");
}

} // namespace

void add_match(CommandLine& line) {
    line.add<MatchArguments>(
        line.app(), "match",
        "print which patterns match each subject: the subject, then the patterns in order, tabs between; with --json "
        "{\"subject\", \"patterns\"} a line. Blank lines do not count; an invalid one ends it with exit status 2",
        {"printf 'event.graph.*.node.>\\nevent.>\\n' > patterns",
         "echo event.graph.1.node.added | cim match --patterns patterns",
         "cim match --patterns allowed --subjects seen --json"},
        bind_match, run_match);
}

} // namespace cim::cli
