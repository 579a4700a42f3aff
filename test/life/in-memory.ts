/** Import it first: workflows and activities then run in this process, on a clock moved by hand. */
import './in-memory-database';

jest.mock('@temporalio/workflow', () => jest.requireActual('./workflow-module').workflowModule);
jest.mock('@temporalio/activity', () => jest.requireActual('./stand-ins').activityModule);
