import { SettingFault } from './setting-fault.js';

/**
 * Reads a variable that switches something on or off.
 *
 * @param byDefault  where it is left out or empty
 */
export function isOn(name, byDefault) {
  const value = process.env[name] || (byDefault ? 'on' : 'off');
  if (value === 'on' || value === 'off') return value === 'on';
  throw new SettingFault(`${name} is wrong: it must be on or off.`);
}
