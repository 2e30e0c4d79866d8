import { defineConfig } from "vitest/config";

export default defineConfig({
    base: "./",
    build: {
        outDir: process.env.CIM_PAGE_DIR ?? "../build/web",
        emptyOutDir: true,
        target: "es2022",
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        chunkSizeWarningLimit: 1000,
        rollupOptions: {
            output: { entryFileNames: "app.js", chunkFileNames: "[name].js", assetFileNames: "[name][extname]" },
        },
    },
    worker: { format: "es", rollupOptions: { output: { entryFileNames: "[name].js" } } },
    test: { include: ["test/**/*.test.ts"] },
});
