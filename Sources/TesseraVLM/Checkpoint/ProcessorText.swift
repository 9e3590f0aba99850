internal import TesseraCore

/// The small files of a processor, for a directory that has none.
enum ProcessorText {
  /// The text that stands for a picture.
  static let imageToken = "<image>"

  /// `preprocessor_config.json` with the means and deviations that the tower's kind was trained with: OpenAI's for
  /// CLIP (shorter edge to the size, then the middle), ½ for SigLIP (stretched to a square); or with given ones.
  static func preprocessor(_ vision: VisionConfig, mean: [Double]? = nil, deviation: [Double]? = nil)
    -> JSONValue
  {
    let side = JSONValue.int(vision.imageSize)
    let square = JSONValue.object([("height", side), ("width", side)])
    let half = [0.5, 0.5, 0.5]
    func numbers(_ values: [Double]) -> JSONValue { .array(values.map { .double($0) }) }
    let isCLIP = vision.kind == .clip
    var members: [(name: String, value: JSONValue)] = [
      ("do_convert_rgb", .bool(true)), ("do_normalize", .bool(true)), ("do_rescale", .bool(true)),
      ("do_resize", .bool(true)), ("processor_class", .string("LlavaProcessor")), ("resample", .int(3)),
      ("rescale_factor", .double(1.0 / 255)),
      ("image_processor_type", .string(isCLIP ? "CLIPImageProcessor" : "SiglipImageProcessor")),
      ("image_mean", numbers(mean ?? (isCLIP ? [0.48145466, 0.4578275, 0.40821073] : half))),
      ("image_std", numbers(deviation ?? (isCLIP ? [0.26862954, 0.26130258, 0.27577711] : half))),
      ("size", isCLIP ? .object([("shortest_edge", side)]) : square),
    ]
    if isCLIP { members += [("crop_size", square), ("do_center_crop", .bool(true))] }
    return .object(members)
  }

  /// `generation_config.json` with the config's tokens.
  static func generation(_ text: TextConfig) -> JSONValue {
    var members: [(name: String, value: JSONValue)] = [
      ("_from_model_config", .bool(true)), ("transformers_version", .string(LlavaConfig.layoutVersion)),
    ]
    if let id = text.beginToken { members.append(("bos_token_id", .int(id))) }
    let ends = text.endTokens.map { JSONValue.int($0) }
    if !ends.isEmpty { members.append(("eos_token_id", ends.count == 1 ? ends[0] : .array(ends))) }
    if let id = text.padToken { members.append(("pad_token_id", .int(id))) }
    return .object(members)
  }
}

/// Chat templates in Jinja, for a directory that has none.
enum ChatTemplateText {
  /// LLaVA's `v1`: `USER: <image>\n… ASSISTANT: …</s>`, pictures before the text of their message.
  static let llava =
    "{% for message in messages %}"
    + "{% if message['role'] == 'user' %}{{ 'USER: ' }}"
    + "{% elif message['role'] == 'assistant' %}{{ 'ASSISTANT: ' }}{% endif %}"
    + "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    + "{% for item in message['content'] %}{% if item['type'] == 'image' %}{{ '<image>\\n' }}{% endif %}{% endfor %}"
    + "{% for item in message['content'] %}{% if item['type'] == 'text' %}{{ item['text'] }}{% endif %}{% endfor %}"
    + "{% endif %}"
    + "{% if message['role'] == 'assistant' %}{{ eos_token }}{% else %}{{ ' ' }}{% endif %}"
    + "{% endfor %}"
    + "{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
}
