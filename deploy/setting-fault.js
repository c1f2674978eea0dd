/**
 * A setting that is wrong. `sls` prints the stack of whatever a file throws that it reads, once for
 * each place that reads it: this one has none, and no name, so that the message can be found.
 */
export class SettingFault extends Error {
  name = '';
  stack = '';
}
