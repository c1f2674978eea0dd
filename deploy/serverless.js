/**
 * What `serverless.yml` reads of `deploy/`. osls loads only JavaScript files, so this one calls the
 * TypeScript: each export is a function that osls calls with what it knows.
 */
import { alarms as alarmsOf } from './alarm-resources.ts';
import { alias as aliasOf, banner as bannerOf, define as defineOf } from './bundle.ts';
import { dashboard as dashboardOf } from './dashboard.ts';
import { domain as domainOf } from './domain.ts';
import * as drains from './drains.ts';
import * as api from './http-api.ts';
import { httpFunctions as httpFunctionsOf } from './http-functions.ts';
import { outputs as outputsOf } from './outputs.ts';
import { roles as rolesOf } from './roles.ts';
import { readStage } from './stage.ts';
import { tags as tagsOf } from './tags.ts';

const ofStage =
  (make) =>
  async ({ resolveVariable }) =>
    make(stageNamed(await resolveVariable('sls:stage')));

const ofFunctions =
  (make) =>
  async ({ resolveVariable, resolveConfigurationProperty }) => {
    const stage = stageNamed(await resolveVariable('sls:stage'));
    const functions = await resolveConfigurationProperty(['functions']);
    return make(stage, Object.assign({}, ...functions));
  };

/** osls would print what is wrong once for each place that reads it, with a stack: it is said once. */
function stageNamed(name) {
  try {
    return readStage(name, { env: process.env, dir: process.cwd() });
  } catch (error) {
    if (error.name !== 'StageFault') throw error;
    process.stderr.write(`\n✖ ${error.message}\n`);
    process.exit(1);
  }
}

export const httpFunctions = httpFunctionsOf;
export const tags = ofStage(tagsOf);
export const define = ofStage(defineOf);
export const alias = ofStage(aliasOf);
export const banner = ofStage(bannerOf);
export const authorizers = ofStage(api.authorizers);
export const accessLogFormat = api.accessLogFormat;
export const isDefaultEndpointDisabled = ofStage((stage) => stage.get('SLUICE_DOMAIN') !== '');
export const drainEvents = ofStage(drains.drainEvents);
export const announcerEvents = ofStage(drains.announcerEvents);
export const isScheduled = ofStage(drains.isScheduled);
export const reservedConcurrency = ofStage(drains.reservedConcurrency);
export const domain = ofStage(domainOf);
export const roles = ofFunctions(rolesOf);
export const httpApi = ofFunctions(api.httpApi);
export const alarms = ofStage(alarmsOf);
export const dashboard = ofStage(dashboardOf);
export const outputs = ofFunctions(outputsOf);
