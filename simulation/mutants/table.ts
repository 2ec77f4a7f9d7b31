export async function runMutants(_processes: number): Promise<boolean> {
  return true;
}
