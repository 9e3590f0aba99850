import Foundation
import TestSupport
import Tessera
import Testing

@Suite("pipelines in files")
struct PipelineFileTests {
  static let text = "resize(256, filter: bicubic)|center_crop(224)|to_tensor|normalize(imagenet)"

  @Test("the same pipeline is read from text, YAML and JSON, whatever the file's name")
  func kinds() throws {
    let folder = try TemporaryFolder()
    let pipeline = try Pipeline(text: Self.text)
    for source in [Self.text + "\n", "# a comment\n" + pipeline.yaml, pipeline.json] {
      try folder.write(source, "pipeline.conf")
      #expect(try Pipeline(contentsOf: folder.path + "/pipeline.conf").text == pipeline.text)
    }
  }

  @Test("a preprocessor_config.json is told from a pipeline")
  func huggingFace() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      """
      {"image_processor_type": "CLIPImageProcessor", "do_resize": true, "size": {"shortest_edge": 224}, "resample": 3,
       "do_center_crop": true, "crop_size": {"height": 224, "width": 224}, "do_normalize": true,
       "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
      """, "preprocessor_config.json")
    let pipeline = try Pipeline(contentsOf: folder.path + "/preprocessor_config.json")
    #expect(pipeline.text.contains("bicubic") && pipeline.givesTensor)
  }

  @Test("a faulty file is an error with its path, line and column")
  func faults() throws {
    let folder = try TemporaryFolder()
    try folder.write("pipeline:\n  - resize: 3\n  - blur_all\n", "bad.yaml")
    let error = #expect(throws: TesseraError.self) { try Pipeline(contentsOf: folder.path + "/bad.yaml") }
    #expect(error?.description.contains("bad.yaml") == true && error?.description.contains("line 3") == true)
    #expect(throws: TesseraError.self) { try Pipeline(contentsOf: folder.path + "/missing.yaml") }
  }

  @Test("every sample pipeline runs on the samples")
  func samples() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Repository.path("samples/pipelines"))
    #expect(names.count >= 4)
    let cat = Repository.path("samples/photos/animals/cat.jpg")
    for name in names {
      let pipeline = try Pipeline(contentsOf: Repository.path("samples/pipelines/\(name)"))
      _ = try pipeline.apply(to: ImageDecoder().decode(path: cat), using: RandomStream(seed: 1))
    }
  }
}
