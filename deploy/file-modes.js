/**
 * Has what is packaged be readable by all, whatever the shell's umask says. Archives keep the modes of
 * files: with a umask of 077 they would be other bytes, and files that Lambda must not read.
 */
export default class FileModes {
  constructor() {
    process.umask(0o022);
  }
}
