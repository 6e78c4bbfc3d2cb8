export function ensureKafkaImage(host: string, of: { readonly jars: string; readonly base: string }): Promise<string>;
