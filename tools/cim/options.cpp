#include "options.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace cim::cli {

Option Option::required() {
    option_->required();
    return *this;
}

Option Option::check(const Check& check) {
    option_->check(CLI::Validator([refusal = check.refusal](std::string& text) { return refusal(text); }, check.name));
    return *this;
}

Option Option::one_of(std::initializer_list<const char*> choices) {
    option_->check(CLI::IsMember(std::vector<std::string>(choices.begin(), choices.end())));
    return *this;
}

Option Option::between(int least, int most) {
    option_->check(CLI::Range(least, most));
    return *this;
}

Option Option::between(double least, double most) {
    option_->check(CLI::Range(least, most));
    return *this;
}

Option Option::positive() {
    option_->check(CLI::PositiveNumber);
    return *this;
}

Option Option::type_name(const std::string& name) {
    option_->type_name(name);
    return *this;
}

Option Option::show_default() {
    option_->capture_default_str();
    return *this;
}

Option Option::excludes(Option other) {
    option_->excludes(other.option_);
    return *this;
}

Option Option::one_each() {
    option_->allow_extra_args(false);
    return *this;
}

template <class T> Option Command::add_option(const std::string& names, T& value, const std::string& description) {
    return Option(*app_->add_option(names, value, description));
}
template Option Command::add_option(const std::string&, std::string&, const std::string&);
template Option Command::add_option(const std::string&, std::vector<std::string>&, const std::string&);
template Option Command::add_option(const std::string&, std::optional<std::string>&, const std::string&);
template Option Command::add_option(const std::string&, double&, const std::string&);
template Option Command::add_option(const std::string&, int&, const std::string&);
template Option Command::add_option(const std::string&, unsigned&, const std::string&);
template Option Command::add_option(const std::string&, unsigned long&, const std::string&);
template Option Command::add_option(const std::string&, std::optional<unsigned long>&, const std::string&);

Option Command::add_flag(const std::string& names, bool& value, const std::string& description) {
    return Option(*app_->add_flag(names, value, description));
}

void Command::hide() { app_->group(""); }

void Command::when_chosen(std::function<void()> action) { app_->callback(std::move(action)); }

} // namespace cim::cli
