import { randomBytes } from 'node:crypto';
import type { Account } from '../account.ts';
import { awsFault } from '../fault.ts';

/** How the stub makes resources of a type. */
export interface ResourceType {
  /** What `Fn::GetAtt` may ask of them. */
  readonly attributes: readonly string[];
  /** Properties without which CloudFormation refuses one. */
  readonly required: readonly string[];
  /** Makes one, or changes the one that has the id. */
  put(account: Account, request: ResourceRequest): MadeResource;
  remove(account: Account, physicalId: string): void;
}

export interface ResourceRequest {
  readonly stackName: string;
  readonly logicalId: string;
  /** With what their references stand for. */
  readonly properties: object;
  /** Of the one that is there already. */
  readonly physicalId: string | undefined;
}

/** What `Ref` and `Fn::GetAtt` say of one. */
export interface MadeResource {
  readonly physicalId: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The name that it has, that it is given, or that CloudFormation makes up. */
export function nameOf(request: ResourceRequest, given: string | undefined, lengthMax: number) {
  const { stackName, logicalId, physicalId } = request;
  if (given === undefined && physicalId !== undefined) return physicalId;
  const ending = randomBytes(6).toString('hex').toUpperCase();
  const name = given ?? `${`${stackName}-${logicalId}`.slice(0, lengthMax - 13)}-${ending}`;
  if (name.length > lengthMax) {
    throw awsFault(
      'ValidationError',
      `"${name}" is longer than the ${lengthMax} characters allowed`,
    );
  }
  return name;
}

/** An id that the service makes up, or the one that it has. */
export function idOf({ physicalId }: ResourceRequest, prefix = ''): string {
  return physicalId ?? `${prefix}${randomBytes(5).toString('hex')}`;
}

/** @throws AwsFault where another one has the name */
export function refuseTaken(request: ResourceRequest, isTaken: boolean, what: string): void {
  if (!isTaken || request.physicalId !== undefined) return;
  throw awsFault('AlreadyExists', `${what} already exists`);
}
