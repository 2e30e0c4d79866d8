// Runs a fuzz target without libFuzzer: every file of a corpus folder as it is, then mutations of those files.
//
//     decode_fuzz fuzz/corpus/decode [--runs N] [--seed N]
//
// The same seed gives the same inputs on every machine. Each input is written to <program>.input before it is tried and
// the file is removed at the end, so after a crash, however it ends the process, it holds the input that did it.
// Keep that input: put it into the corpus folder together with the fix.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

using Input = std::vector<std::uint8_t>;

constexpr std::size_t max_input_size = 64 * 1024;

// SplitMix64: the standard library's distributions may differ between implementations, and then a seed would not
// bring back the same inputs.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }

    // A number under `bound`, 0 if bound is 0.
    std::size_t below(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(next() % bound); }

  private:
    std::uint64_t state_;
};

std::ptrdiff_t offset(std::size_t position) { return static_cast<std::ptrdiff_t>(position); }

// Changes `input` in one place, in one of the ways in which real input goes wrong.
void mutate(Input& input, const Input& other, Random& random) {
    // Bytes at which encodings change their meaning: limits of integers, of lengths and of UTF-8.
    constexpr std::array<std::uint8_t, 12> edges{0x00, 0x01, 0x17, 0x18, 0x1b, 0x1f,
                                                 0x7f, 0x80, 0x9f, 0xbf, 0xfe, 0xff};
    const std::size_t at = random.below(input.size());
    const std::size_t length = 1 + random.below(8);
    const std::size_t end = std::min(input.size(), at + length);
    switch (random.below(8)) {
    case 0:
        if (!input.empty()) input[at] ^= static_cast<std::uint8_t>(1U << random.below(8));
        break;
    case 1:
        if (!input.empty()) input[at] = edges[random.below(edges.size())];
        break;
    case 2:
        if (!input.empty()) input[at] = static_cast<std::uint8_t>(random.next());
        break;
    case 3:
        for (std::size_t i = 0; i < length; ++i)
            input.insert(input.begin() + offset(at), static_cast<std::uint8_t>(random.next()));
        break;
    case 4: input.erase(input.begin() + offset(at), input.begin() + offset(end)); break;
    case 5: {
        const Input copy(input.begin() + offset(at), input.begin() + offset(end));
        input.insert(input.begin() + offset(random.below(input.size())), copy.begin(), copy.end());
        break;
    }
    case 6: input.resize(at); break;
    default: { // Continue with the rest of another file.
        input.resize(at);
        const std::size_t from = random.below(other.size());
        input.insert(input.end(), other.begin() + offset(from), other.end());
        break;
    }
    }
    if (input.size() > max_input_size) input.resize(max_input_size);
}

std::vector<Input> read_corpus(const fs::path& folder) {
    std::vector<fs::path> files;
    if (fs::is_directory(folder)) {
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::ranges::sort(files); // A folder lists its files in any order, and the mutations depend on it.
    std::vector<Input> corpus{Input{}};
    for (const auto& file : files) {
        std::ifstream in(file, std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return corpus;
}

// The file that holds the input being tried. It is written in place: to make it anew each time costs a millisecond.
class Witness {
  public:
    explicit Witness(fs::path path) : path_(std::move(path)), file_(path_, std::ios::binary | std::ios::trunc) {}

    const fs::path& path() const { return path_; }

    void write(const Input& input) {
        file_.seekp(0);
        std::ranges::copy(input, std::ostreambuf_iterator<char>(file_));
        file_.flush();
        fs::resize_file(path_, input.size());
    }

    void remove() {
        file_.close();
        fs::remove(path_);
    }

  private:
    fs::path path_;
    std::ofstream file_;
};

void try_input(const Input& input, Witness& witness) {
    witness.write(input);
    // A copy of exactly this size on the heap lets AddressSanitizer see a read one byte past the end.
    const Input exact(input.begin(), input.end());
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> arguments(argv, argv + argc);
    std::uint64_t runs = 3000;
    std::uint64_t seed = 1;
    std::optional<fs::path> folder;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const bool has_value = i + 1 < arguments.size();
        if ((arguments[i] == "--runs" || arguments[i] == "--seed") && has_value && number(arguments[i + 1])) {
            (arguments[i] == "--runs" ? runs : seed) = *number(arguments[i + 1]);
            ++i;
        } else if (!folder && !arguments[i].starts_with("--")) {
            folder = arguments[i];
        } else {
            std::cerr << "usage: " << arguments[0] << " CORPUS_FOLDER [--runs N] [--seed N]\n";
            return 2;
        }
    }
    if (!folder) {
        std::cerr << "usage: " << arguments[0] << " CORPUS_FOLDER [--runs N] [--seed N]\n";
        return 2;
    }

    const std::vector<Input> corpus = read_corpus(*folder);
    Witness witness(fs::absolute(fs::path(arguments[0]).filename().string() + ".input"));
    std::cout << corpus.size() - 1 << " files of " << folder->string() << ", then " << runs << " mutations with --seed "
              << seed << "; if this stops, the input is in " << witness.path().string() << std::endl;

    for (const auto& input : corpus) try_input(input, witness);
    Random random(seed);
    for (std::uint64_t run = 0; run < runs; ++run) {
        Input input = corpus[random.below(corpus.size())];
        for (std::size_t changes = 1 + random.below(6); changes > 0; --changes)
            mutate(input, corpus[random.below(corpus.size())], random);
        try_input(input, witness);
    }
    witness.remove();
    std::cout << "every input was handled\n";
    return 0;
}
