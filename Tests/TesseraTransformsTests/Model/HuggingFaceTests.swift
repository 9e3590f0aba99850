import TesseraCore
import TesseraTransforms
import Testing

@Suite("Hugging Face configurations")
struct HuggingFaceTests {
  private static let clip = """
    {
      "crop_size": 224, "do_center_crop": true, "do_normalize": true, "do_resize": true,
      "feature_extractor_type": "CLIPFeatureExtractor",
      "image_mean": [0.48145466, 0.4578275, 0.40821073],
      "image_std": [0.26862954, 0.26130258, 0.27577711],
      "resample": 3, "size": 224
    }
    """

  @Test("CLIP's own file is the preset, and its steps print as text")
  func clip() throws {
    let pipeline = try Pipeline(huggingFace: Self.clip)
    #expect(pipeline.text == Preset.clip.pipeline.text)
    #expect(
      pipeline.text == "convert_rgb(background: 255)|resize(224, filter: bicubic)"
        + "|center_crop(224, rounding: floor)|rescale|normalize(clip)")
  }

  @Test("a processor_config.json is read by its image_processor")
  func nested() throws {
    let nested =
      #"{"processor_class": "CLIPProcessor", "image_processor": \#(Self.clip), "tokenizer": {"x": 1}}"#
    #expect(try Pipeline(huggingFace: nested).text == Preset.clip.pipeline.text)
  }

  @Test(
    "every preset that transformers has is written as a configuration and read back",
    arguments: [Preset.clip, .siglip, .llava15, .llavaNext, .qwen2VL])
  func roundTrip(preset: Preset) throws {
    let json = try preset.pipeline.huggingFaceConfiguration()
    #expect(try Pipeline(huggingFace: json).text == preset.pipeline.text)
    #expect(try Pipeline(huggingFace: json).huggingFaceConfiguration() == json)
  }

  @Test("presets read back from their text, and their names are theirs")
  func presets() throws {
    for preset in Preset.allCases {
      #expect(try Pipeline(text: preset.pipeline.text).text == preset.pipeline.text)
      #expect(Preset(rawValue: preset.name) == preset && !preset.summary.isEmpty)
    }
  }

  @Test("llava with do_pad pads with its own mean")
  func llava() throws {
    let json =
      #"{"image_processor_type": "LlavaImageProcessorFast", "do_pad": true, "image_mean": [0.5, 0.25, 0]}"#
    let pipeline = try Pipeline(huggingFace: json)
    #expect(pipeline.text.contains("pad_to_square(fill: [127, 63, 0])"))
    #expect(try Pipeline(huggingFace: pipeline.huggingFaceConfiguration()).text == pipeline.text)
  }

  @Test("Qwen2-VL's old and new keys for the number of pixels mean the same")
  func qwen() throws {
    let type = #""image_processor_type": "Qwen2VLImageProcessor""#
    let old = try Pipeline(huggingFace: "{\(type), \"min_pixels\": 784, \"max_pixels\": 7840}")
    let new = try Pipeline(
      huggingFace: "{\(type), \"size\": {\"shortest_edge\": 784, \"longest_edge\": 7840}}")
    #expect(old.text == new.text && old.text.contains("min_pixels: 784, max_pixels: 7840"))
  }

  @Test(
    "what is not known is refused by name and place",
    arguments: [
      (#"{"image_processor_type": "ViTHybridImageProcessor"}"#, "ViTHybridImageProcessor", 1, 26),
      (#"{"size": 224}"#, "image_processor_type", 1, 1),
      ("{\"image_processor_type\": \"CLIPImageProcessor\",\n \"do_flip\": true}", "do_flip", 2, 2),
      ("{\"image_processor_type\": \"CLIPImageProcessor\",\n \"crop_pct\": 0.9}", "crop_pct", 2, 2),
      ("{\"image_processor_type\": \"CLIPImageProcessor\",\n \"resample\": 9}", "resample", 2, 14),
      ("{\"image_processor_type\": \"CLIPImageProcessor\",\n \"do_pad\": true}", "do_pad", 2, 12),
      (
        "{\"image_processor_type\": \"CLIPImageProcessor\",\n \"size\": {\"shortest_edge\": 1, \"longest_edge\": 2}}",
        "size", 2, 10
      ),
      ("{\"image_processor_type\": \"CLIPImageProcessor\",\n \"image_std\": [0, 1, 1]}", "std", 1, 1),
      ("[1]", "object", 1, 1), ("{", "", 1, 0),
    ])
  func refused(json: String, names: String, line: Int, column: Int) throws {
    let error = #expect(throws: TesseraError.self) { try Pipeline(huggingFace: json) }
    guard case .invalidPipeline(let message, let l, let c, _) = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(message.contains(names) && (column == 0 || (l, c) == (line, column)), "\(l):\(c) \(message)")
  }

  @Test(
    "what the format cannot say is refused by its step",
    arguments: [
      ("convert_rgb|resize(224, filter: bicubic)|rescale", "convert_rgb"),
      ("convert_rgb(background: 255)|resize(224)|center_crop(224)|rescale", "center_crop"),
      ("resize(224)|to_tensor|normalize(clip)", "to_tensor"),
      ("resize(224, max_size: 300)|rescale", "max_size"),
      ("resize(224, generation: pillow@11)|rescale", "generation"),
      ("resize(224)|horizontal_flip|rescale", "horizontal_flip"), ("resize(224)", "rescale"),
      ("resampling(pillow@11)|resize(224)|rescale", "resampling"),
      ("smart_resize(factor: 32)|rescale|normalize(clip)|qwen_patches", "factor"),
    ])
  func unsayable(text: String, names: String) throws {
    let pipeline = try Pipeline(text: text)
    let error = #expect(throws: TesseraError.self) { try pipeline.huggingFaceConfiguration() }
    #expect("\(String(describing: error))".contains(names), "\(String(describing: error))")
  }
}
