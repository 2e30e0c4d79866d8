// Aim: one value has one encoding in dag-cbor and one in dag-json, and those are the ones of the other implementations.
// Method: lines taken from https://github.com/ipld/codec-fixtures (MIT or Apache-2.0), which the Go, JavaScript and
// Rust implementations agree on, are decoded from both forms and encoded to both. codec_fixtures_test.cpp does the same
// with the whole collection where it is on the machine; these lines are always here.
#include <cim/dag_json.hpp>
#include <cim/ipld.hpp>

#include "ipld/support.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

namespace cim::ipld {
namespace {

struct Golden {
    std::string_view name;
    std::string_view dag_cbor; // as hex
    std::string_view dag_json;
    std::string_view dag_cbor_cid;
    std::string_view dag_json_cid;
};

constexpr Golden golden_values[] = {
    {"null", "f6", R"_(null)_", "bafyreifqwkmiw256ojf2zws6tzjeonw6bpd5vza4i22ccpcq4hjv2ts7cm",
     "baguqeeraoqru5gfp45ey7no26hzwvqwxrlgdhfde7fihao4magmjf6mcxefq"},
    {"true", "f5", R"_(true)_", "bafyreibhvppn37ufanewvxvwendgzksh3jpwhk6sxrx2dh3m7s3t5t7noa",
     "baguqeeraww7kig3mmi7xycprx4snzlsy5ovtydg5scwzm26ehjc3isdh4evq"},
    {"false", "f4", R"_(false)_", "bafyreibac77tiyjzkzzkucve6zejj7jpswslcihcnehisulfnv423qxo2i",
     "baguqeera7s6pczmqrxiyvhsj677spaibo3ny5h3dwq2see3uczsciure7cva"},
    {"int-0", "00", R"_(0)_", "bafyreidogqfzz75tpkmjzjke425xqcrmpcib2p5tg44hnbirumdbpl5adu",
     "baguqeeral7wowzx7zbxtrwkspbwg22lmphbnxqrz3vhjdndhfhltuj73k7uq"},
    {"int--1", "20", R"_(-1)_", "bafyreibwvht7dsk3ql73tf2d4dc4jtuv3a6juqykvrm7qtxtzp5lmfcqna",
     "baguqeeradowwxdhzoey7z2vykq7id53vogk7xmotnm3w52muvuopc5uzyrsa"},
    {"int-255", "18ff", R"_(255)_", "bafyreih4vluto2froiw457akazzjhcfm7y22juemxx6jsyyjufp227tcv4",
     "baguqeerasvllqjezzqfk7bvo47yneu7bprq3p33t2sfcsxzx3ghqrmcp7j7q"},
    {"int-18446744073709551615", "1bffffffffffffffff", R"_(18446744073709551615)_",
     "bafyreibnpsyje7iwfx3smzlnofkxqdyeqz3a4qzhwu33ktibq7sxeckrpq",
     "baguqeeraftnsmjs3jxdf4o2e22kpcip5nxuzxhslrlt7bdmex6uvg5rvvzbq"},
    {"int--11959030306112471732", "3ba5f702b3a5f702b3", R"_(-11959030306112471732)_",
     "bafyreieir43khjzemsmgahaozab2vjvtdxavszixhhurvdqg2xkhrwinyi",
     "baguqeera7wvij7ilupcksz2iuprb3wbcipr5vqzvvzj26psnj2oky6j7spva"},
    {"float-0.5", "fb3fe0000000000000", R"_(0.5)_", "bafyreifwqkffcpzsyfigri7xm2kaf6bz7si5stsnf46jep5w5we7ngmgma",
     "baguqeera2lf224p7gm66m7ih5rtw4njkw7zyeshlnheuffibk4ramb6fl2ca"},
    {"float--1e-323", "fb8000000000000002", R"_(-1e-323)_",
     "bafyreibg2jfpbjanaowwfpoamj2tjpo2ifhy5fbkln55b5mlhfiy747egq",
     "baguqeeracte7heowtgtjzivjekic4rkwan2kii6fmz3enl5i33oafvnwfwyq"},
    {"float-8.940696716308594e-8", "fb3e78000000000000", R"_(8.940696716308594e-8)_",
     "bafyreie6fuw4lkhwfiljun5k4y5srv6io7rcf4r766amlxtmx3it2hwg2e",
     "baguqeerahgvoivj35tc6ejtkj5jxnbwfe2nwmdhdtdxqqg2qmurlh3qsco5q"},
    {"string-empty", "60", R"_("")_", "bafyreiengp2sbi6ez34a2jctv34bwyjl7yoliteleaswgcwtqzrhmpyt2m",
     "baguqeerackxdfsy6yawqd3ndlanre7a75y5q3rjvolwwxlzds4q2apmc4eta"},
    {"string-a", "6161", R"_("a")_", "bafyreiewdnw5h3pdzohmxkwl22g6aqgnpdvs5vmiseymz22mjeti5jgvay",
     "baguqeeravsgygqv3wi3c2e7quvm2gyq3wqdqce3irfiwjnriuvhx7qz7yq6a"},
    {"string-Čaues ßvěte!", "6fc48c6175657320c39f76c49b746521", R"_("Čaues ßvěte!")_",
     "bafyreigxqkzjak6m4vnenitdpwfryihbvy3wotdle2ldsfgkebeh56ruda",
     "baguqeeradlrdqvxqd3cbbbtsmn7n4mpadvtqvcvj2ggkcf6mx76jzsrxzboa"},
    {"string-𐅑", "64f0908591", R"_("𐅑")_", "bafyreihgpl6u5kyypvntwaijdv7wxeiuugo6ruujt652eigmp27zarclam",
     "baguqeerakloumxm3cyyspmsadsj7edgbvpgttahpjgcfpqxpliq4hryzrxgq"},
    {"bytes-empty", "40", R"_({"/":{"bytes":""}})_", "bafyreigdmqpykrgxyaxtlafqpqhzrb7qy2rh75nldvfd4kok6gl47quzvy",
     "baguqeerackat3qjvp3wd4jnmm7afadwt2ahpjxqbj7pzxocc4kges5lkkqgq"},
    {"bytes-a1", "41a1", R"_({"/":{"bytes":"oQ"}})_", "bafyreidfn5bivgcww7slkgp7f5iiukoggxr542m4pzl3zn3oia7ozt7ffe",
     "baguqeera2te22lsmu3vdcg54oi6srd7wkuo3h6tmyvswwakaccayyv6m4tza"},
    {"array-empty", "80", R"_([])_", "bafyreidwx2fvfdiaox32v2mnn6sxu3j4qoxeqcuenhtgrv5qv6litfnmoe",
     "baguqeeraj5j43immfovaya2uxnpzupwl4xwrfk2nryi3vbz4f4irmeqcxfcq"},
    {"array-5-nested", "8265617272617982626f66820582666e657374656482666172726179736121",
     R"_(["array",["of",[5,["nested",["arrays","!"]]]]])_",
     "bafyreihmxfmn5wcpzpiqa6zfefgabxmd2jzr2bd4y2v7c2ss4plkgkabgq",
     "baguqeera7mqnrv3sxsqeaxf23poe2lyztcxjomr7alr2oapf7slfdrr5ai7q"},
    {"array-mixed",
     "8c1b0016db6db6db6db71a000100001901f40200202238ff3aa5f702b33b0016db6db6db6db74261316fc48c61756573"
     "20c39f76c49b746521",
     R"_([6433713753386423,65536,500,2,0,-1,-3,-256,-2784428724,-6433713753386424,{"/":{"bytes":"YT)_"
     R"_(E"}},"Čaues ßvěte!"])_",
     "bafyreidufmzzejc3p7gmh6ivp4fjvca5jfazk57nu6vdkvki4c4vpja724",
     "baguqeera4iuxsgqusw3ctry362niptivjyio6dxnsn5afctijsahacub2eza"},
    {"map-empty", "a0", R"_({})_", "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua",
     "baguqeeraiqjw7i2vwntyuekgvulpp2det2kpwt6cd7tx5ayqybqpmhfk76fa"},
    {"map-nested", "a1666f626a656374a16477697468a26134666e6573746564676f626a65637473a161216121",
     R"_({"object":{"with":{"4":"nested","objects":{"!":"!"}}}})_",
     "bafyreib7zq4mhl7fwtmftjn7d7mmlwf6gi32vimlsjkn25w2e5xlhz2deu",
     "baguqeeraf5gk7lfzh2l2hgbsqiv5z4oj5kxhnv6keki7zvcsont3ejnou4bq"},
    {"map-keysort",
     "a96166016265650263646464036463636363046562626262620566616161616161066661616161616207666161616161"
     "63086661616161626209",
     R"_({"aaaaaa":6,"aaaaab":7,"aaaaac":8,"aaaabb":9,"bbbbb":5,"cccc":4,"ddd":3,"ee":2,"f":1})_",
     "bafyreifzcy56s5jog3scrc7c3rlaohrwu3recxgf5c7fddfjlnlhh6p6p4",
     "baguqeeraiqj4qsbirp34qohua5y4veoy7idxot4yh6r2qghoxisadibfwbgq"},
    {"map-with_complex_entries",
     "ae636f6e651b0016db6db6db6db763736978206374656e3b0016db6db6db6db76374776f1a0001000064666976650064"
     "666f757202646e696e653aa5f702b365656967687438ff65736576656e226574687265651901f466656c6576656e4261"
     "31667477656c76656fc48c6175657320c39f76c49b74652168666f75727465656ea4616664666f7572616f0161740262"
     "74680368746869727465656e840203046466697665",
     R"_({"eight":-256,"eleven":{"/":{"bytes":"YTE"}},"five":0,"four":2,"fourteen":{"f":"four","o":)_"
     R"_(1,"t":2,"th":3},"nine":-2784428724,"one":6433713753386423,"seven":-3,"six":-1,"ten":-64337)_"
     R"_(13753386424,"thirteen":[2,3,4,"five"],"three":500,"twelve":"Čaues ßvěte!","two":65536})_",
     "bafyreia3jgnpn6w3wpvdc7qlyv7rkqjmxrrdaqohtgmwwje5mbpcef6hkq",
     "baguqeerayn5yb7xbzn7uohi4mji43ukajlmigatpoqskccsb6inxjkay44xq"},
    {"cid-bafkqabiaaebagba", "d82a4a00015500050001020304", R"_({"/":"bafkqabiaaebagba"})_",
     "bafyreihm764rs4lirtozq4d5d4pqext5b5akh6val7cyphu4aglvpha3xm",
     "baguqeerarlku7yrcztgkqfowmc5lzvjnavntg2xuwkr6j5lpczxipwxizmma"},
    {"cid-QmQg1v4o9xdT3Q14wh4S7dxZkDjyZ9ssFzFzyep1YrVJBY",
     "d82a582300122022ad631c69ee983095b5b8acd029ff94aff1dc6c48837878589a92b90dfea317",
     R"_({"/":"QmQg1v4o9xdT3Q14wh4S7dxZkDjyZ9ssFzFzyep1YrVJBY"})_",
     "bafyreidsrf4agofvag5iiksjc7jjehhdcjqggra7cxe3m2movopc7pomr4",
     "baguqeera6yza2lamkvlohaytwwccgqrswciqhuglte7qta4vfjuwia5xkxvq"},
    {"cid-z8mWaJ1dZ9fH5EetPuRsj8jj26pXsgpsr", "d82a58190001781114c876ceeaa8b30123bc5fc99359e682a737308659",
     R"_({"/":"baf4bcfgio3hovkftaer3yx6jsnm6navhg4yimwi"})_",
     "bafyreiemoe3mh3uanvjypqyrousnwapnluxnmt5lorlhzguj5nvmgjdthi",
     "baguqeeralmwcgg3knsdtmks5jrpsnbkpzzhourbfcwgpxkxs37syppsw54tq"},
    {"dagpb_1link",
     "a1654c696e6b7381a16448617368d82a58230012207521fe19c374a97759226dc5c0c8e674e73950e81b211f7dd3b6b3"
     "0883a08a51",
     R"_({"Links":[{"Hash":{"/":"QmWDtUQj38YLW8v3q4A6LwPn4vYKEbuKWpgSm6bjKW6Xfe"}}]})_",
     "bafyreib4mhhkmom5wxnp2hmcjeabbcmzybdiewehujwu73ndvns42zdt4i",
     "baguqeerao7xjffeobbqa2zv43ltxadt6pa4f3c2eh4ufsfudbazsmgb55dza"},
};

std::ostream& operator<<(std::ostream& out, const Golden& golden) { return out << golden.name; }

class GoldenValue : public testing::TestWithParam<Golden> {};

TEST_P(GoldenValue, HasTheSameBytesAndCidsInBothForms) {
    const auto& golden = GetParam();
    const auto block = test::from_hex(golden.dag_cbor);
    const auto value = decode(block);
    ASSERT_TRUE(value) << value.error().message;
    EXPECT_EQ(decode_dag_json(golden.dag_json), *value);
    EXPECT_EQ(test::to_hex(*encode(*value)), golden.dag_cbor);
    EXPECT_EQ(encode_dag_json(*value), golden.dag_json);
    EXPECT_EQ(encode_dag_json(*View::parse(block)), golden.dag_json);
    EXPECT_EQ(Cid::of_dag_cbor(block).to_string(), golden.dag_cbor_cid);
    EXPECT_EQ(Cid::of(multicodec::dag_json, as_bytes(golden.dag_json)).to_string(), golden.dag_json_cid);
}

INSTANTIATE_TEST_SUITE_P(Table, GoldenValue, testing::ValuesIn(golden_values));

} // namespace
} // namespace cim::ipld
