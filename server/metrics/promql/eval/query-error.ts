/** Why a query failed, as errorType of the API says it (web/api/v1/api.go). */
export type QueryErrorType = 'bad_data' | 'execution' | 'timeout' | 'canceled' | 'internal';

export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly type: QueryErrorType;
  constructor(type: QueryErrorType, message: string) {
    super(message);
    this.type = type;
  }
}
export const SAME_LABELSET = 'vector cannot contain metrics with the same labelset';
