import { describe, expect, it } from "vitest";

import { MAX_LOOSE, packed, parcelsOf, type PathFile } from "@/ui/dropped-files";

const at = (path: string): PathFile => ({ path, file: new File([path], path.split("/").at(-1) ?? "") });

describe("what was dropped", () => {
  it("sends loose files one by one", () => {
    expect(parcelsOf([at("a.csv"), at("b.csv")]).map((parcel) => [parcel.name, parcel.isPacked])).toEqual([
      ["a.csv", false],
      ["b.csv", false],
    ]);
  });

  it("makes one archive of each folder, with the paths from there", () => {
    const parcels = parcelsOf([at("labels.csv"), at("pets/cat/1.png"), at("pets/dog/1.png"), at("more/2.png")]);

    expect(parcels.map((parcel) => parcel.name)).toEqual(["labels.csv", "pets.zip", "more.zip"]);
    expect(parcels[1]?.files.map((one) => one.path)).toEqual(["cat/1.png", "dog/1.png"]);
  });

  it("packs very many loose files", () => {
    const files = Array.from({ length: MAX_LOOSE + 1 }, (_, place) => at(`${place}.png`));

    expect(parcelsOf(files).map((parcel) => [parcel.name, parcel.files.length])).toEqual([["files.zip", MAX_LOOSE + 1]]);
  });

  it("packs a folder as a zip that begins as zips do", async () => {
    const [archive, ...others] = await packed([at("pets/cat/1.png"), at("pets/dog/2.png")]);

    expect(others).toEqual([]);
    expect(archive?.name).toBe("pets.zip");
    expect(new Uint8Array((await archive?.arrayBuffer()) ?? []).slice(0, 2)).toEqual(new Uint8Array([0x50, 0x4b]));
  });
});
