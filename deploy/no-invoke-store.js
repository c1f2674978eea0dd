/**
 * Stands for `@aws/lambda-invoke-store` in the bundles: the metrics' library keeps apart with it what
 * several events note at once in one Lambda, which has one at a time here. It would be 2 KB of each.
 */
export {};
