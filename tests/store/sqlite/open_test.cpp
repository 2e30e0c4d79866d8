// Aim: what is no store of ours is refused in plain words and left as it was; what is empty becomes one.
// Method: put every kind of thing where the store should be, then open it.
#include "store/sqlite/schema.hpp"
#include "store/sqlite/support.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace cim::test {
namespace {

using OpenTest = SqliteTest;
using Mode = OpenOptions::Mode;

std::string content(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// Each error names the path.
void expect_refused(const Result<std::unique_ptr<EventStore>>& opened, Errc code, const std::string& path) {
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, code) << opened.error().text();
    EXPECT_NE(opened.error().message.find(path), std::string::npos) << opened.error().text();
    EXPECT_EQ(opened.error().field("path"), path);
}

// ---- Paths ----

TEST_F(OpenTest, RefusesAFolder) {
    expect_refused(open_store(folder.string()), Errc::store_unavailable, folder.string());
}

TEST_F(OpenTest, RefusesAFolderThatIsNotThere) {
    const auto deep = (folder / "no" / "such" / "store.db").string();
    expect_refused(open_store(deep), Errc::not_found, deep);
    EXPECT_FALSE(std::filesystem::exists(folder / "no"));
}

TEST_F(OpenTest, RefusesAFileInsteadOfAFolder) {
    std::ofstream(folder / "file") << "x";
    const auto below = (folder / "file" / "store.db").string();
    const auto opened = open_store(below);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find(below), std::string::npos) << opened.error().text();
}

TEST_F(OpenTest, MakesNothingWhereItMustBeThere) {
    for (const auto mode : {Mode::read_write, Mode::read_only}) {
        expect_refused(try_open({.mode = mode}), Errc::not_found, path);
        EXPECT_FALSE(std::filesystem::exists(path));
    }
    EXPECT_EQ(open_store("sqlite::memory:", {.mode = Mode::read_write}).error().code, Errc::not_found);
}

TEST_F(OpenTest, RefusesANameWithAZeroByte) {
    EXPECT_EQ(open_store(std::string("a\0b", 3)).error().code, Errc::invalid_argument);
}

// As an ordinary user, because root may everything.
TEST_F(OpenTest, RefusesWhatItHasNoPermissionFor) {
    if (::getuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
    { append(*open(), make_transaction("a", 1)); }
    ::chmod(path.c_str(), 0444);
    ::chmod(folder.c_str(), 0755);
    const auto status = wait_for(start_process([&] {
        if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 90;
        const auto in_file = try_open();
        if (in_file || in_file.error().code != Errc::store_unavailable) return 1;
        if (in_file.error().message.find(path) == std::string::npos) return 2;
        const auto in_folder = open_store((folder / "new.db").string());
        if (in_folder || in_folder.error().code != Errc::store_unavailable) return 3;
        return 0;
    }));
    EXPECT_EQ(status, 0);
}

// ---- Other people's files ----

TEST_F(OpenTest, RefusesWhatIsNoDatabase) {
    std::ofstream(path) << std::string(5000, 'x');
    const auto before = content(path);
    for (const auto mode : {Mode::read_write_create, Mode::read_write, Mode::read_only})
        expect_refused(try_open({.mode = mode}), Errc::store_foreign, path);
    EXPECT_EQ(content(path), before);
}

TEST_F(OpenTest, RefusesAnotherProgramsDatabase) {
    sql("CREATE TABLE mine (x)");
    const auto before = content(path);
    for (const auto mode : {Mode::read_write_create, Mode::read_only})
        expect_refused(try_open({.mode = mode}), Errc::store_foreign, path);
    EXPECT_EQ(content(path), before);
    EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
}

TEST_F(OpenTest, RefusesAnotherProgramsEmptyDatabase) {
    sql("PRAGMA application_id = 12345");
    expect_refused(try_open(), Errc::store_foreign, path);
}

TEST_F(OpenTest, RefusesANewerVersionAndSaysWhatToDo) {
    { append(*open(), make_transaction("a", 1)); }
    const auto newer = sqlite::newest_version(sqlite::migration_steps()) + 1;
    sql("PRAGMA user_version = " + std::to_string(newer));
    const auto opened = try_open();
    expect_refused(opened, Errc::store_foreign, path);
    EXPECT_NE(opened.error().text().find("newer cim"), std::string::npos) << opened.error().text();
    EXPECT_EQ(opened.error().field("version"), std::to_string(newer));
}

TEST_F(OpenTest, RefusesAnImpossibleVersion) {
    { append(*open(), make_transaction("a", 1)); }
    sql("PRAGMA user_version = 0");
    expect_refused(try_open(), Errc::store_corrupt, path);
}

// ---- What becomes a store ----

TEST_F(OpenTest, MakesAStoreOfNothingAndOfAnEmptyFile) {
    { append(*open(), make_transaction("a", 1)); }
    std::filesystem::remove(path);
    std::ofstream(path).flush();
    EXPECT_EQ(try_open({.mode = Mode::read_only}).error().code, Errc::not_found);
    const auto store = open({.mode = Mode::read_write});
    append(*store, make_transaction("a", 1));
    expect_sound(*store, path);
}

TEST_F(OpenTest, MarksTheFileAsOurs) {
    { const auto store = open(); }
    EXPECT_EQ(number("PRAGMA application_id"), sqlite::application_id);
    EXPECT_EQ(number("PRAGMA user_version"), sqlite::newest_version(sqlite::migration_steps()));
    EXPECT_EQ(number("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
    EXPECT_EQ(
        number(
            "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%' AND strict = 0"),
        0);
}

TEST_F(OpenTest, LeavesNothingBesideTheFileWhenClosed) {
    { append(*open(), make_transaction("a", 1)); }
    EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
    EXPECT_FALSE(std::filesystem::exists(path + "-shm"));
}

TEST_F(OpenTest, TakesOddPathsLiterally) {
    const auto here = std::filesystem::current_path();
    std::filesystem::current_path(folder);
    for (const auto* name : {"sqlite:file:x.db", "sqlite:a%20b.db", "./-.db", "sqlite:mémoire.db"}) {
        const auto store = open_store(name);
        ASSERT_TRUE(store) << store.error().text();
        append(**store, make_transaction("a", 1));
    }
    std::filesystem::current_path(here);
    for (const auto* name : {"file:x.db", "a%20b.db", "-.db", "mémoire.db"})
        EXPECT_TRUE(std::filesystem::exists(folder / name)) << name;
}

TEST_F(OpenTest, SaysInItsUrlWhatWasAskedFor) {
    EXPECT_EQ(open()->info()->url, "sqlite:" + path);
    EXPECT_EQ((*open_store("sqlite:" + path + "?synchronous=normal"))->info()->url,
              "sqlite:" + path + "?synchronous=normal");
    EXPECT_EQ((*open_store("sqlite::memory:"))->info()->url, "sqlite::memory:");
}

TEST_F(OpenTest, LetsManyProcessesMakeTheSameStoreAtOnce) {
    for (int round = 0; round < 5; ++round) {
        std::filesystem::remove(path);
        std::vector<pid_t> processes;
        for (int i = 0; i < 4; ++i)
            processes.push_back(start_process([&, i] {
                const auto store = try_open();
                if (!store) return 1;
                return (*store)->append(make_transaction("a" + std::to_string(i), 3), ExpectedHead::none()) ? 0 : 2;
            }));
        for (const auto process : processes) EXPECT_EQ(wait_for(process), 0);
        const auto store = open();
        EXPECT_EQ(store->info()->events, 12u);
        expect_sound(*store, path);
    }
}

// ---- Older versions ----

class MigrationTest : public SqliteTest {
  protected:
    // What a later version could look like: the real steps and two more.
    MigrationTest() {
        const auto real = sqlite::migration_steps();
        steps.assign(real.begin(), real.end());
        old_version = sqlite::newest_version(steps);
        steps.push_back({old_version + 1, "CREATE TABLE dead_letters (id INTEGER PRIMARY KEY) STRICT"});
        steps.push_back({old_version + 2, "INSERT INTO dead_letters VALUES (7)"});
    }
    Result<> migrate(std::span<const sqlite::MigrationStep> by, sqlite::Access access = sqlite::Access::read_write) {
        auto connection = sqlite::Connection::open(path, access, std::chrono::seconds(1));
        EXPECT_TRUE(connection);
        return sqlite::prepare_schema(*connection, path, std::chrono::seconds(1), by);
    }
    std::vector<sqlite::MigrationStep> steps;
    std::int64_t old_version = 0;
};

TEST_F(MigrationTest, BringsAnOlderVersionUp) {
    { append(*open(), make_transaction("a", 5)); }
    const auto migrated = migrate(steps);
    ASSERT_TRUE(migrated) << migrated.error().text();
    EXPECT_EQ(number("PRAGMA user_version"), old_version + 2);
    EXPECT_EQ(number("SELECT id FROM dead_letters"), 7);
    EXPECT_EQ(number("SELECT count(*) FROM events"), 5) << "what was there is there";
    EXPECT_TRUE(migrate(steps)) << "and nothing happens the second time";
    EXPECT_EQ(number("SELECT count(*) FROM dead_letters"), 1);
    EXPECT_EQ(try_open().error().code, Errc::store_foreign) << "for the version before it, it is too new";
}

TEST_F(MigrationTest, MakesTheNewestVersionOfNothing) {
    std::ofstream(path).flush();
    ASSERT_TRUE(migrate(steps));
    EXPECT_EQ(number("PRAGMA user_version"), old_version + 2);
    EXPECT_EQ(number("PRAGMA application_id"), sqlite::application_id);
}

TEST_F(MigrationTest, ChangesNothingWhereAStepFails) {
    { append(*open(), make_transaction("a", 5)); }
    steps.back().sql = "INSERT INTO no_such_table VALUES (1)";
    EXPECT_FALSE(migrate(steps));
    EXPECT_EQ(number("PRAGMA user_version"), old_version);
    EXPECT_EQ(number("SELECT count(*) FROM sqlite_schema WHERE name = 'dead_letters'"), 0);
    const auto store = open();
    expect_sound(*store, path);
}

TEST_F(MigrationTest, ChangesNothingWhereOpenedForReading) {
    { append(*open(), make_transaction("a", 5)); }
    const auto refused = migrate(steps, sqlite::Access::read_only);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::store_read_only);
    EXPECT_EQ(number("PRAGMA user_version"), old_version);
}

// ---- Version 1, which had no documents ----

class Version1Test : public SqliteTest {
  protected:
    Version1Test() {
        { append(*open(), make_transaction("a", 5)); }
        sql("DROP TABLE documents; PRAGMA user_version = 1");
    }
};

TEST_F(Version1Test, IsReadAsItIsAndHasNone) {
    const auto before = content(path);
    const auto store = open({.mode = Mode::read_only});
    EXPECT_EQ(read_all(*store).size(), 5u);
    EXPECT_EQ(*store->documents().get("c", "k"), std::nullopt);
    EXPECT_TRUE(store->documents().list("c")->empty());
    EXPECT_EQ(check_sqlite_store(path)->size(), 0u);
    EXPECT_EQ(content(path), before);
    // Somebody else may bring it up meanwhile.
    ASSERT_TRUE(open()->documents().put("c", "k", as_bytes("x")));
    EXPECT_EQ(as_text((*store->documents().get("c", "k"))->value), "x");
}

TEST_F(Version1Test, IsBroughtUpWhereOpenedForWriting) {
    const auto store = open();
    EXPECT_EQ(number("PRAGMA user_version"), 2);
    EXPECT_TRUE(store->documents().put("c", "k", as_bytes("x")));
    append(*store, make_transaction("a", 5, 1));
    expect_sound(*store, path);
}

} // namespace
} // namespace cim::test
