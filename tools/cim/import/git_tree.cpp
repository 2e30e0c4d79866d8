#include "git_tree.hpp"

#include "git_path.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace cim::importer {
namespace {

constexpr std::string_view top = ".";

std::uint64_t& count_of(std::vector<std::pair<std::uint32_t, std::uint64_t>>& touches, std::uint32_t who) {
    const auto found = std::ranges::find(touches, who, [](const auto& touch) { return touch.first; });
    return found != touches.end() ? found->second : touches.emplace_back(who, 0).second;
}

} // namespace

struct GitTree::Step {
    std::vector<TreeChange> removed_files;
    std::vector<TreeChange> created_files;
    std::vector<TreeChange> updated_files;
    // For each folder that came or went: was it there before the step? What counts is the difference in the end. The
    // order by path puts parents first.
    std::map<std::string, bool, std::less<>> directories;
};

std::vector<TreeChange> GitTree::apply(std::span<const GitChange> changes, std::string_view author_name) {
    const Author who = author(author_name);
    Step step;
    for (const auto& change : changes) {
        if (change.status == 'D') remove_file(change.path, step);
    }
    for (const auto& change : changes) {
        if (change.status != 'D') put_file(change, who, step);
    }
    return in_order(step);
}

std::vector<TreeChange> GitTree::apply_towards(std::span<const ListedFile> listing, std::span<const GitChange> changes,
                                               std::string_view author_name) {
    std::unordered_map<std::string_view, const ListedFile*> wanted;
    wanted.reserve(listing.size());
    for (const auto& file : listing) wanted.emplace(file.path, &file);

    std::vector<GitChange> needed;
    std::unordered_map<std::string_view, bool> touched;
    for (const auto& change : changes) {
        if (wanted.contains(change.path)) touched.emplace(change.path, true);
    }
    for (const auto& [path, file] : files_) {
        if (!wanted.contains(path)) needed.push_back({'D', "000000", {}, path});
    }
    for (const auto& file : listing) {
        const auto there = files_.find(file.path);
        if (there == files_.end() || touched.contains(file.path) || there->second.mode != file.mode ||
            there->second.blob != file.blob) {
            needed.push_back({'M', file.mode, file.blob, file.path});
        }
    }
    std::ranges::sort(needed, {}, &GitChange::path);
    return apply(needed, author_name);
}

void GitTree::restore(const TreeChange& change, std::string_view author_name) {
    Step step;
    if (change.kind == TreeChange::Kind::file_removed) {
        remove_file(change.path, step);
    } else if (change.kind == TreeChange::Kind::file_created || change.kind == TreeChange::Kind::file_updated) {
        const Author who = author(author_name);
        put_file({'M', change.mode, change.blob, change.path}, who, step);
        count_of(files_.find(change.path)->second.touches, who) = change.touched;
    }
}

GitTree::Author GitTree::author(std::string_view name) {
    if (const auto found = authors_.find(name); found != authors_.end()) return found->second;
    const auto number = static_cast<Author>(authors_.size());
    authors_.emplace(name, number);
    return number;
}

void GitTree::remove_file(const std::string& path, Step& step) {
    if (files_.erase(path) == 0) return;
    step.removed_files.push_back({TreeChange::Kind::file_removed, path, {}, {}, 0});
    leave(parent_of(path), step);
}

void GitTree::put_file(const GitChange& change, Author who, Step& step) {
    auto found = files_.find(change.path);
    const bool created = found == files_.end();
    if (created) {
        make_room(change.path, step);
        enter(parent_of(change.path), step);
        found = files_.try_emplace(change.path).first;
    }
    File& file = found->second;
    file.mode = change.mode;
    file.blob = change.blob;
    const auto touched = ++count_of(file.touches, who);
    auto& list = created ? step.created_files : step.updated_files;
    const auto kind = created ? TreeChange::Kind::file_created : TreeChange::Kind::file_updated;
    list.push_back({kind, change.path, change.mode, change.blob, touched});
}

/// Where history is no line, a branch may have a file where another has a folder: what was there first gives way.
void GitTree::make_room(std::string_view path, Step& step) {
    for (auto folder = parent_of(path); folder != top && !directories_.contains(folder); folder = parent_of(folder)) {
        if (const auto file = files_.find(folder); file != files_.end()) remove_file(std::string(file->first), step);
    }
    if (!directories_.contains(path)) return;
    std::vector<std::string> inside;
    const std::string prefix = std::string(path) + '/';
    for (const auto& [name, file] : files_) {
        if (name.starts_with(prefix)) inside.push_back(name);
    }
    std::ranges::sort(inside);
    for (const auto& name : inside) remove_file(name, step);
}

void GitTree::enter(std::string_view directory, Step& step) {
    if (directory == top) return;
    const auto found = directories_.find(directory);
    if (found != directories_.end()) {
        ++found->second;
        return;
    }
    enter(parent_of(directory), step);
    directories_.emplace(directory, 1);
    step.directories.try_emplace(std::string(directory), false);
}

void GitTree::leave(std::string_view directory, Step& step) {
    if (directory == top) return;
    const auto found = directories_.find(directory);
    if (--found->second > 0) return;
    step.directories.try_emplace(found->first, true);
    const std::string gone = found->first;
    directories_.erase(found);
    leave(parent_of(gone), step);
}

std::vector<TreeChange> GitTree::in_order(Step& step) const {
    std::vector<TreeChange> removed;
    std::vector<TreeChange> created;
    for (const auto& [path, before] : step.directories) {
        const bool now = directories_.contains(path);
        if (before && !now) removed.push_back({TreeChange::Kind::directory_removed, path, {}, {}, 0});
        if (!before && now) created.push_back({TreeChange::Kind::directory_created, path, {}, {}, 0});
    }
    std::ranges::stable_sort(removed, std::greater{},
                             [](const TreeChange& change) { return std::ranges::count(change.path, '/'); });

    auto all = std::move(step.removed_files);
    for (auto* part : {&removed, &created, &step.created_files, &step.updated_files}) {
        std::ranges::move(*part, std::back_inserter(all));
    }
    return all;
}

} // namespace cim::importer
