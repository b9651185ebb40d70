import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
export type MakeOptional<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]?: Maybe<T[SubKey]> };
export type MakeMaybe<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]: Maybe<T[SubKey]> };
export type MakeEmpty<T extends { [key: string]: unknown }, K extends keyof T> = { [_ in K]?: never };
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** An integer of any size up to 64 bits. */
  BigInt: { input: any; output: any; }
  /** A date without time, as YYYY-MM-DD. */
  Date: { input: any; output: any; }
  /** An instant, by RFC 3339, answered in UTC. */
  DateTime: { input: any; output: any; }
  /** Any JSON value. */
  JSON: { input: any; output: any; }
};

export type ErasureMode =
  /** The document is deleted. */
  | 'DELETE'
  /** Protected, hashed and personal fields become null, and the document changes no more. */
  | 'REDACT';

export type KeyScope =
  /** One data key per document and key type. */
  | 'DOCUMENT'
  /** One data key per collection, tenant and key type. */
  | 'MODEL'
  /** One data key per person and key type. */
  | 'SUBJECT'
  /** One data key per tenant and key type. */
  | 'TENANT';

/** Extend this enum to name key types of your own. */
export type KeyType =
  | 'API_KEY'
  | 'AUDIT_LOG'
  /** Cards, accounts, income. */
  | 'FINANCIAL'
  /** What identifies or describes a person. */
  | 'PII'
  | 'SESSION';

export type KeyUnavailableAnswer =
  /** An error of the field, in `errors`: null, which moves up where the field may not be null. */
  | 'ERROR'
  /** The mask that is for the viewer, and an entry in `extensions.unavailable`. Where there is none: as ERROR. */
  | 'MASK'
  /** Null, and an entry in `extensions.unavailable`: the answer is none that clients take as failed. */
  | 'NULL';

export type LintRule =
  /** Card verification codes must not be kept after authorisation (PCI DSS 3.3.1). */
  | 'CARD_VERIFICATION_CODE';

/** docs/masking.md shows each style by example, and states the most that it reveals. */
export type MaskStyle =
  | 'ADDRESS'
  | 'BIN_LAST4'
  | 'EMAIL'
  | 'FULL'
  | 'HASH'
  | 'IBAN'
  | 'LAST4'
  | 'NAME'
  | 'PAN'
  | 'PHONE'
  | 'ROUND'
  | 'YEAR';

export type ModelOperation =
  | 'CREATE'
  | 'CREATE_MANY'
  | 'DELETE'
  | 'GET'
  | 'LIST'
  | 'UPDATE';

export type Normalizer =
  | 'DIGITS'
  | 'LOWERCASE'
  | 'NFKC'
  | 'TRIM';

export type ValueFormat =
  /** A phone number as +, country code and number, by ITU-T E.164. */
  | 'E164'
  /** An e-mail address. */
  | 'EMAIL'
  /** A month and year, as MM/YY. */
  | 'EXPIRY'
  /** An IBAN whose check digits are right by ISO 13616. */
  | 'IBAN'
  /** Digits (spaces and hyphens allowed) whose check digit is right by ISO/IEC 7812-1. */
  | 'LUHN';



export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;





/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  BigInt: ResolverTypeWrapper<Scalars['BigInt']['output']>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Date: ResolverTypeWrapper<Scalars['Date']['output']>;
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  ErasureMode: ErasureMode;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>;
  KeyScope: KeyScope;
  KeyType: KeyType;
  KeyUnavailableAnswer: KeyUnavailableAnswer;
  LintRule: LintRule;
  MaskStyle: MaskStyle;
  ModelOperation: ModelOperation;
  Normalizer: Normalizer;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  ValueFormat: ValueFormat;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  BigInt: Scalars['BigInt']['output'];
  Boolean: Scalars['Boolean']['output'];
  Date: Scalars['Date']['output'];
  DateTime: Scalars['DateTime']['output'];
  Float: Scalars['Float']['output'];
  Int: Scalars['Int']['output'];
  JSON: Scalars['JSON']['output'];
  String: Scalars['String']['output'];
};

export type AccessDirectiveArgs = {
  create?: Maybe<ReadonlyArray<Scalars['String']['input']>>;
  delete?: Maybe<ReadonlyArray<Scalars['String']['input']>>;
  read?: Maybe<ReadonlyArray<Scalars['String']['input']>>;
  update?: Maybe<ReadonlyArray<Scalars['String']['input']>>;
  write?: Maybe<ReadonlyArray<Scalars['String']['input']>>;
};

export type AccessDirectiveResolver<Result, Parent, ContextType = any, Args = AccessDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type DiscardedDirectiveArgs = { };

export type DiscardedDirectiveResolver<Result, Parent, ContextType = any, Args = DiscardedDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type EmbeddedDirectiveArgs = { };

export type EmbeddedDirectiveResolver<Result, Parent, ContextType = any, Args = EmbeddedDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type EncryptedDirectiveArgs = {
  key?: KeyType;
  normalize?: ReadonlyArray<Normalizer>;
  onKeyUnavailable?: KeyUnavailableAnswer;
  pad?: Scalars['Boolean']['input'];
  scope?: KeyScope;
  searchable?: Scalars['Boolean']['input'];
  unique?: Scalars['Boolean']['input'];
};

export type EncryptedDirectiveResolver<Result, Parent, ContextType = any, Args = EncryptedDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type FormatDirectiveArgs = {
  as: ValueFormat;
  is?: Maybe<Scalars['String']['input']>;
  when?: Maybe<Scalars['String']['input']>;
};

export type FormatDirectiveResolver<Result, Parent, ContextType = any, Args = FormatDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type HashedDirectiveArgs = {
  tries?: Scalars['Int']['input'];
  verify?: Maybe<ReadonlyArray<Scalars['String']['input']>>;
};

export type HashedDirectiveResolver<Result, Parent, ContextType = any, Args = HashedDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type IndexDirectiveArgs = {
  unique?: Scalars['Boolean']['input'];
};

export type IndexDirectiveResolver<Result, Parent, ContextType = any, Args = IndexDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type LintOffDirectiveArgs = {
  reason: Scalars['String']['input'];
  rule: LintRule;
};

export type LintOffDirectiveResolver<Result, Parent, ContextType = any, Args = LintOffDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type MaskedDirectiveArgs = {
  as: MaskStyle;
  for?: Maybe<ReadonlyArray<Scalars['String']['input']>>;
  reveal?: Maybe<ReadonlyArray<Scalars['String']['input']>>;
  step?: Maybe<Scalars['Float']['input']>;
};

export type MaskedDirectiveResolver<Result, Parent, ContextType = any, Args = MaskedDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type ModelDirectiveArgs = {
  collection?: Maybe<Scalars['String']['input']>;
  erase?: ErasureMode;
  operations?: ReadonlyArray<ModelOperation>;
};

export type ModelDirectiveResolver<Result, Parent, ContextType = any, Args = ModelDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type PersonalDirectiveArgs = { };

export type PersonalDirectiveResolver<Result, Parent, ContextType = any, Args = PersonalDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type RelationDirectiveArgs = {
  field: Scalars['String']['input'];
};

export type RelationDirectiveResolver<Result, Parent, ContextType = any, Args = RelationDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type RetainDirectiveArgs = {
  by?: Maybe<Scalars['String']['input']>;
  days: Scalars['Int']['input'];
};

export type RetainDirectiveResolver<Result, Parent, ContextType = any, Args = RetainDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type StoredDirectiveArgs = {
  as: Scalars['String']['input'];
};

export type StoredDirectiveResolver<Result, Parent, ContextType = any, Args = StoredDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export type SubjectDirectiveArgs = { };

export type SubjectDirectiveResolver<Result, Parent, ContextType = any, Args = SubjectDirectiveArgs> = DirectiveResolverFn<Result, Parent, ContextType, Args>;

export interface BigIntScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['BigInt'], any> {
  name: 'BigInt';
}

export interface DateScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['Date'], any> {
  name: 'Date';
}

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export interface JsonScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSON'], any> {
  name: 'JSON';
}

export type Resolvers<ContextType = any> = {
  BigInt?: GraphQLScalarType;
  Date?: GraphQLScalarType;
  DateTime?: GraphQLScalarType;
  JSON?: GraphQLScalarType;
};

export type DirectiveResolvers<ContextType = any> = {
  access?: AccessDirectiveResolver<any, any, ContextType>;
  discarded?: DiscardedDirectiveResolver<any, any, ContextType>;
  embedded?: EmbeddedDirectiveResolver<any, any, ContextType>;
  encrypted?: EncryptedDirectiveResolver<any, any, ContextType>;
  format?: FormatDirectiveResolver<any, any, ContextType>;
  hashed?: HashedDirectiveResolver<any, any, ContextType>;
  index?: IndexDirectiveResolver<any, any, ContextType>;
  lintOff?: LintOffDirectiveResolver<any, any, ContextType>;
  masked?: MaskedDirectiveResolver<any, any, ContextType>;
  model?: ModelDirectiveResolver<any, any, ContextType>;
  personal?: PersonalDirectiveResolver<any, any, ContextType>;
  relation?: RelationDirectiveResolver<any, any, ContextType>;
  retain?: RetainDirectiveResolver<any, any, ContextType>;
  stored?: StoredDirectiveResolver<any, any, ContextType>;
  subject?: SubjectDirectiveResolver<any, any, ContextType>;
};
