// Subject patterns as in NATS: `*` is one token, `>` at the end one or more.

/** A test for subjects, or null for what is no pattern. */
export function subjectPattern(text: string): ((subject: string) => boolean) | null {
    const tokens = text.split(".");
    const valid = tokens.every((token, i) => token !== "" && !/[\s\x00-\x1f\x7f]/.test(token) && (!/[*>]/.test(token) || token === "*" || (token === ">" && i === tokens.length - 1)));
    if (!valid) return null;
    return (subject) => {
        const parts = subject.split(".");
        const open = tokens[tokens.length - 1] === ">";
        if (open ? parts.length < tokens.length : parts.length !== tokens.length) return false;
        return tokens.every((token, i) => token === "*" || token === ">" || token === parts[i]);
    };
}
