export interface TextOptions {
  mode: 'markdown' | 'html' | 'code';
  content: string;
}

export const TEXT_OPTIONS: TextOptions = { mode: 'markdown', content: '' };
