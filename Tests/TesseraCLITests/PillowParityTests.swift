import Foundation
import TestSupport
import Tessera
import Testing

@Suite("the samples against the same program in Pillow and numpy")
struct PillowParityTests {
  @Test(
    "preprocess under a pillow profile gives that release's tensors",
    arguments: [PillowGeneration.pillow13, .pillow12_3, .pillow11])
  func samples(_ generation: PillowGeneration) async throws {
    let out = try TemporaryFolder()
    let source = Repository.path("samples/photos")
    let result = try Command.run([
      "preprocess", source, out.path, "--profile", generation.rawValue, "--with",
      "resize(256, filter: bicubic)|center_crop(224)|to_tensor|normalize(imagenet)",
    ])
    #expect(result.status == 0, "\(result.errors)")
    let reply = try await Oracle.of(generation).run(
      """
      import json
      mean = np.array([0.485, 0.456, 0.406], np.float32)[:, None, None]
      std = np.array([0.229, 0.224, 0.225], np.float32)[:, None, None]
      worst, count = 0.0, 0
      for line in open(out_folder + '/manifest.jsonl'):
          row = json.loads(line)
          picture = Image.open(source + '/' + row['source']).convert('RGB')
          w, h = picture.size
          if min(w, h) != 256:
              size = (256, int(256 * h / w)) if w < h else (int(256 * w / h), 256)
              picture = picture.resize(size, Image.BICUBIC)
          w, h = picture.size
          left, top = int(round((w - 224) / 2.0)), int(round((h - 224) / 2.0))
          picture = picture.crop((left, top, left + 224, top + 224))
          x = np.asarray(picture).transpose(2, 0, 1).astype(np.float32) / np.float32(255)
          x = (x - mean) / std
          worst = max(worst, float(np.abs(x - np.load(out_folder + '/' + row['output'])).max()))
          count += 1
      out = [float(count), worst]
      """, ["source": .string(source), "out_folder": .string(out.path)])
    let verdict = try reply.json([Double].self)
    #expect(verdict[0] >= 24 && verdict[1] == 0, "largest difference \(verdict[1])")
  }
}
