import type { Measured } from '../rush.ts';
export function rushChart(r: { ways: readonly Measured[]; orders: number; settings: readonly string[] }): string { return JSON.stringify(r); }
