// Colours of kinds, told apart also by people who do not see all of them; those of a git history have their own.

const known: Record<string, string> = { Directory: "#f2b84b", File: "#5aa9e6", Author: "#ef6f8e", Commit: "#8bd17c" };
const rest = ["#5aa9e6", "#f2b84b", "#8bd17c", "#ef6f8e", "#b18cf0", "#4fd1c5", "#f28e5c", "#c6d15a", "#e58bd8", "#9fb4c7"];

export function colourOf(kind: string, number: number): string {
    return known[kind] ?? rest[number % rest.length];
}

export function rgb(hex: string): [number, number, number] {
    const n = parseInt(hex.slice(1), 16);
    return [(n >> 16) / 255, ((n >> 8) & 255) / 255, (n & 255) / 255];
}
