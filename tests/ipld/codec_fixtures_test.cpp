// Aim: all of the IPLD project's codec fixtures come through both codecs unchanged, with the CIDs that name their
// files. Method: each folder holds one value as <cid>.dag-cbor, <cid>.dag-json and, for some, <cid>.dag-pb (which cim
// does not read); both are decoded and each result is encoded to both forms.
#include <cim/dag_json.hpp>
#include <cim/ipld.hpp>

#include "ipld/support.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

namespace cim::ipld {
namespace {

struct Form {
    std::string content;
    std::string cid; // the file's name
};

// The forms in a folder by their extension.
std::map<std::string, Form> forms_in(const std::filesystem::path& folder) {
    std::map<std::string, Form> forms;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        std::ifstream in(file.path(), std::ios::binary);
        forms[file.path().extension().string()] = {std::string(std::istreambuf_iterator<char>(in), {}),
                                                   file.path().stem().string()};
    }
    return forms;
}

TEST(CodecFixtures, SurviveBothCodecs) {
    const auto fixtures = test::codec_fixtures();
    if (!fixtures) GTEST_SKIP() << "the codec fixtures are not on this machine";
    int count = 0;
    for (const auto& folder : std::filesystem::directory_iterator(*fixtures)) {
        if (!folder.is_directory()) continue;
        SCOPED_TRACE(folder.path().filename().string());
        ++count;
        auto forms = forms_in(folder.path());
        const auto& [cbor, cbor_cid] = forms[".dag-cbor"];
        const auto& [json, json_cid] = forms[".dag-json"];
        ASSERT_FALSE(cbor.empty());
        ASSERT_FALSE(json.empty());

        const auto from_cbor = decode(as_bytes(cbor));
        ASSERT_TRUE(from_cbor) << from_cbor.error().message;
        const auto from_json = decode_dag_json(json);
        ASSERT_TRUE(from_json) << from_json.error().message;
        EXPECT_EQ(*from_cbor, *from_json);
        for (const auto& value : {*from_cbor, *from_json}) {
            EXPECT_EQ(as_text(*encode(value)), cbor);
            EXPECT_EQ(encode_dag_json(value), json);
        }
        const auto view = View::parse(as_bytes(cbor));
        ASSERT_TRUE(view);
        EXPECT_EQ(encode_dag_json(*view), json);
        EXPECT_EQ(view->to_value(), *from_cbor);
        EXPECT_EQ(Cid::of_dag_cbor(as_bytes(cbor)).to_string(), cbor_cid);
        EXPECT_EQ(Cid::of(multicodec::dag_json, as_bytes(json)).to_string(), json_cid);
    }
    EXPECT_GE(count, 128);
    RecordProperty("fixtures", count);
}

} // namespace
} // namespace cim::ipld
