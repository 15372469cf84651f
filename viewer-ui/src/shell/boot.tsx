import { createRoot } from 'react-dom/client';
import { initializeLibraries } from '../runtime/initialize';
import { App } from './App';

/** Starts the page. */
export async function boot(): Promise<void> {
  await initializeLibraries();
  createRoot(document.getElementById('root')!).render(<App />);
}
