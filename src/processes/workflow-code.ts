/** The code of workflows as one bundle: built before, or at a worker's start. */
import { existsSync } from 'node:fs';
import { bundleWorkflowCode } from '@temporalio/worker';
import type { BundleOptions, WorkerOptions } from '@temporalio/worker';
import type { Config } from '../config';
import { failureConverterPath } from '../temporal/data-converter';

type CodeConfig = Pick<Config, 'WORKFLOW_BUNDLE' | 'TEMPORAL_PAYLOAD_KEYS'>;
type WorkflowCode = NonNullable<WorkerOptions['workflowBundle']>;

/** A prebuilt bundle where there is one; building takes a few seconds. */
export async function workflowCode(config: CodeConfig): Promise<WorkflowCode> {
  const converterPath = failureConverterPath(config);
  const plainPath = config.WORKFLOW_BUNDLE;
  if (plainPath === undefined) return bundleWorkflows(converterPath);
  if (converterPath === undefined) return { codePath: plainPath };
  const codePath = encryptingBundle(plainPath);
  // Only the plain one is configured: an older build has none beside it.
  return existsSync(codePath) ? { codePath } : bundleWorkflows(converterPath);
}

/** Where the bundle that encrypts failures is, beside the plain one. */
export const encryptingBundle = (plainPath: string): string =>
  plainPath.replace(/(\.js)?$/, '.encrypting.js');

/** `converterPath`: how workflows write failures; undefined: in clear. */
export const bundleWorkflows = (
  converterPath: string | undefined,
  logger?: BundleOptions['logger'],
): Promise<{ code: string }> =>
  bundleWorkflowCode({
    workflowsPath: require.resolve('../../workflows'),
    workflowInterceptorModules: [require.resolve('../../workflows/trace-header')],
    failureConverterPath: converterPath,
    webpackConfigHook: withTodaysSyntax,
    logger,
  });

interface SwcRule {
  readonly use: { readonly options: { readonly jsc: { target: string } } };
}

/**
 * Temporal's SDK writes workflows for Node 8, where each `{ ...state }` is a loop that calls three
 * functions. Fields of classes are as they were: their meaning is another one from ES2022 on.
 */
const withTodaysSyntax: NonNullable<BundleOptions['webpackConfigHook']> = (config) => {
  for (const rule of config.module?.rules ?? []) {
    const { jsc } = (rule as Partial<SwcRule>).use?.options ?? {};
    if (jsc) jsc.target = 'es2021';
  }
  return config;
};
