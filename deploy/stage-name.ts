/**
 * What a stage may be called: in lower case, because the name of a bucket has it; short, because names of
 * roles are limited; without dashes, so that a prefix tells what belongs to `dev` from what belongs to
 * another stage whose name begins the same.
 */
export const STAGE_NAME = /^[a-z][a-z0-9]{0,15}$/;
export const STAGE_NAME_RULE =
  'a lower-case letter and up to 15 more of a-z and 0-9, such as dev or prod2';
