// cim block: single dag-cbor blocks, from a file or one a line in hex.
#include <cim/cid.hpp>
#include <cim/dag_json.hpp>
#include <cim/ipld.hpp>

#include "base/try.hpp"
#include "command.hpp"
#include "input.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cim::cli {
namespace {

struct BlockArguments {
    std::string file = "-";
    bool hex = false;
};

/// What an operation makes of an item: octets of a block, or a text that is JSON already or not.
struct Made {
    enum class Kind { block, json, text } kind;
    std::string content;
};
struct Operation {
    const char* name;
    const char* result; ///< What its result is called in --json output.
    bool reads_json;    ///< The input is dag-json and not a block.
    Result<Made> (*run)(ByteView item);
};

Made block(const Bytes& bytes) { return {Made::Kind::block, std::string(as_text(bytes))}; }

Result<Made> decode(ByteView item) {
    CIM_TRY_ASSIGN(const auto view, ipld::View::parse(item));
    CIM_TRY_ASSIGN(auto json, ipld::encode_dag_json(view));
    return Made{Made::Kind::json, std::move(json)};
}
Result<Made> encode(ByteView item) {
    CIM_TRY_ASSIGN(const auto value, ipld::decode_dag_json(as_text(item)));
    CIM_TRY_ASSIGN(const auto bytes, ipld::encode(value));
    return block(bytes);
}
Result<Made> reencode(ByteView item) {
    CIM_TRY_ASSIGN(const auto value, ipld::decode(item));
    CIM_TRY_ASSIGN(const auto bytes, ipld::encode(value));
    return block(bytes);
}
Result<Made> check(ByteView item) {
    CIM_TRY(ipld::validate(item));
    return Made{Made::Kind::text, "ok"};
}
Result<Made> cid(ByteView item) {
    CIM_TRY(ipld::validate(item));
    return Made{Made::Kind::text, Cid::of_dag_cbor(item).to_string()};
}

constexpr Operation decode_operation{"decode", "value", false, decode};
constexpr Operation encode_operation{"encode", "block", true, encode};
constexpr Operation reencode_operation{"reencode", "block", false, reencode};
constexpr Operation check_operation{"check", "", false, check};
constexpr Operation cid_operation{"cid", "cid", false, cid};

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

Result<Bytes> from_hex(std::string_view text) {
    const auto bad = [](std::size_t offset, std::string_view what) {
        return fail(Errc::invalid_input, fmt::format("hex: {} at byte {}", what, offset), {},
                    {{"rule", "invalid_hex"}, {"offset", std::to_string(offset)}});
    };
    constexpr std::string_view digits = "0123456789abcdefABCDEF";
    const auto value = [](std::size_t digit) { return digit < 16 ? digit : digit - 6; };
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const auto high = digits.find(text[i]);
        if (high == std::string_view::npos) return bad(i, "no hex digit");
        const auto low = i + 1 < text.size() ? digits.find(text[i + 1]) : std::string_view::npos;
        if (low == std::string_view::npos) return bad(i + 1, i + 1 < text.size() ? "no hex digit" : "half a byte");
        bytes.push_back(static_cast<std::byte>(value(high) << 4 | value(low)));
    }
    return bytes;
}

/// "RULE at byte N" of an error.
std::string rule_text(const Error& error) {
    const auto rule = error.field("rule");
    const auto offset = error.field("offset");
    if (!rule) return error.message;
    return offset ? fmt::format("{} at byte {}", *rule, *offset) : std::string(*rule);
}

std::string json_line(const Operation& operation, const Result<Made>& made) {
    if (!made) {
        const auto& error = made.error();
        Json object{{"ok", false}, {"error", rule_text(error)}};
        if (const auto rule = error.field("rule")) object["rule"] = *rule;
        if (const auto offset = error.field("offset")) object["offset"] = std::stoull(std::string(*offset));
        return object.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    std::string line = "{\"ok\":true";
    if (*operation.result != '\0') {
        line += fmt::format(",\"{}\":", operation.result);
        if (made->kind == Made::Kind::json) {
            line += made->content;
        } else {
            append_json_string(line, made->kind == Made::Kind::block ? to_hex(made->content) : made->content);
        }
    }
    return line + '}';
}

Result<> print_line(Context& context, const Operation& operation, const Result<Made>& made) {
    if (context.json) return context.out.line(json_line(operation, made));
    if (!made) return context.out.line("error: " + rule_text(made.error()));
    return context.out.line(made->kind == Made::Kind::block ? to_hex(made->content) : made->content);
}

/// One item a line; a bad one says so in its line and does not stop the others.
Result<int> run_lines(Context& context, const Operation& operation, std::istream& in) {
    bool all_good = true;
    for (std::string line; std::getline(in, line);) {
        if (line.ends_with('\r')) line.pop_back();
        auto made = Result<Made>(Made{});
        if (operation.reads_json) {
            made = operation.run(as_bytes(line));
        } else if (const auto bytes = from_hex(line)) {
            made = operation.run(*bytes);
        } else {
            made = fail(bytes.error());
        }
        all_good = all_good && made.has_value();
        CIM_TRY(print_line(context, operation, made));
    }
    return all_good ? exit_ok : exit_bad_data;
}

Result<int> run_whole(Context& context, const Operation& operation, const std::string& file) {
    CIM_TRY_ASSIGN(const auto bytes, read_input(file));
    const auto made = operation.run(bytes);
    if (context.json || operation.run == check) {
        CIM_TRY(print_line(context, operation, made));
        return made ? exit_ok : exit_bad_data;
    }
    if (!made) {
        auto error = made.error();
        error.message = fmt::format("{}: {}", file == "-" ? "standard input" : file, error.message);
        return fail(std::move(error));
    }
    CIM_TRY(context.out.text(made->content));
    if (made->kind != Made::Kind::block) CIM_TRY(context.out.text("\n"));
    return exit_ok;
}

template <const Operation& operation> Result<int> run(Context& context, const BlockArguments& arguments) {
    if (!arguments.hex) return run_whole(context, operation, arguments.file);
    CIM_TRY_ASSIGN(auto input, InputFile::open(arguments.file));
    return run_lines(context, operation, input.stream());
}

void bind(Command command, BlockArguments& arguments) {
    command.add_option("file", arguments.file, "what to read; - is standard input").show_default();
    command.add_flag(
        "--hex", arguments.hex,
        "one item a line, blocks in hex; a bad item gives a line `error: RULE at byte N` and exit status 3");
}

template <const Operation& operation>
void add_operation(CommandLine& line, Command group, const char* description, std::vector<std::string> examples) {
    line.add<BlockArguments>(group, operation.name, description, examples, bind, run<operation>);
}

} // namespace

void add_block(CommandLine& line) {
    Command group = line.add_group("block", "single blocks: dag-cbor, strictly",
                                   {"echo a1616101 | cim block decode --hex", "cim block check event.cbor"});
    add_operation<decode_operation>(line, group, "print a block as dag-json",
                                    {"echo a1616101 | cim block decode --hex   # {\"a\":1}"});
    add_operation<encode_operation>(line, group, "make a block of dag-json",
                                    {"echo '{\"a\": 1}' | cim block encode --hex   # a1616101"});
    add_operation<reencode_operation>(line, group, "read a block and write its canonical bytes",
                                      {"echo a1616101 | cim block reencode --hex"});
    add_operation<check_operation>(line, group, "say whether a block is valid, or which rule it breaks and where",
                                   {"echo a1616118 | cim block check --hex", "cim block check event.cbor"});
    add_operation<cid_operation>(line, group, "print a block's CID", {"echo a0 | cim block cid --hex"});
}

} // namespace cim::cli
