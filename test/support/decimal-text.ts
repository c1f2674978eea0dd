/** Units of 10^-places as text, written by other means than the code under test. */
export function decimalText(units: bigint, places: number): string {
  const sign = units < 0n ? '-' : '';
  const figures = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const point = figures.length - places;
  return sign + (places === 0 ? figures : `${figures.slice(0, point)}.${figures.slice(point)}`);
}
