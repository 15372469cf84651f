import { standardTransformers, standardTransformersRegistry, type TransformerRegistryItem } from '@grafana/data';

/** Registers the transformations of @grafana/data, which the library leaves to its host application. */
export function registerTransformers(): void {
  // Some transformers are listed under two names.
  const byId = new Map(Object.values(standardTransformers).map((transformer) => [transformer.id, transformer]));
  standardTransformersRegistry.setInit(() =>
    [...byId.values()].map((transformer) => ({
      id: transformer.id,
      name: transformer.name,
      transformation: async () => transformer,
      editor: () => null,
      imageDark: '',
      imageLight: '',
    })) as TransformerRegistryItem[],
  );
}
