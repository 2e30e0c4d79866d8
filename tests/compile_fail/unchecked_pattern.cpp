// expect: private within this context|private constructor|private member
// Only parse() makes a pattern, so that every pattern is one.
#include <cim/subject.hpp>

#include <string>

bool matches() {
#ifdef OK_VARIANT
    const auto pattern = cim::SubjectPattern::parse("a.*");
    return pattern && pattern->matches("a.b");
#else
    const cim::SubjectPattern pattern(std::string("a..b"));
    return pattern.matches("a.b");
#endif
}
