export { CreateError } from './create-error.ts';
export type { CreateProblem } from './create-error.ts';
export { createProject } from './create-project.ts';
export type { CreatedProject, CreateProjectOptions } from './create-project.ts';
export { listTemplates } from './list-templates.ts';
export type { Template } from './list-templates.ts';
