import ArgumentParser
import Tessera
import TesseraTerminal
import TesseraVLM

/// Which model, and how it is computed.
struct ModelOptions: ParsableArguments {
  /// `--dtype`.
  enum ComputeType: String, ExpressibleByArgument, CaseIterable {
    case auto, stored, float32, bfloat16, float16, float64

    /// The type for a model's weights.
    ///
    /// `auto`: processors are slow with half types and round them differently, so a small model is widened there; a
    /// large one stays as it is stored, mapped, because it would take twice the memory.
    func torchType(_ checkpoint: Checkpoint, _ device: TorchDevice) -> TorchType {
      let stored = TorchType(checkpoint.mainType)
      switch self {
      case .auto:
        let count = checkpoint.parameters.reduce(0) { $0 + $1.spec.count }
        // libtorch before 2 computes no float16 on processors.
        guard stored.computes(on: device) else { return .float32 }
        return device == .cpu && count <= 1_000_000_000 ? .float32 : stored
      case .stored: return stored
      case .float32: return .float32
      case .bfloat16: return .bfloat16
      case .float16: return .float16
      case .float64: return .float64
      }
    }
  }

  @ArgumentParser.Argument(
    help: ArgumentHelp("A model directory, as transformers or tessera-vlm saves it.", valueName: "dir"))
  var directory: String

  @Option(
    help: ArgumentHelp("A LoRA adapter for it, as PEFT or tessera-vlm saves it.", valueName: "dir"))
  var adapter: String?

  @Option(
    help: ArgumentHelp(
      """
      What is computed in: stored (as the weights are), float32, bfloat16, float16, float64; auto is float32 on the \
      processor for up to a billion parameters, and else stored.
      """))
  var dtype = ComputeType.auto

  @Option(help: ArgumentHelp("cpu, cuda or cuda:1.", valueName: "device"))
  var device = "cpu"

  @Option(
    help: ArgumentHelp("Threads of libtorch (default: one a core, or OMP_NUM_THREADS).", valueName: "n"))
  var threads: Int?

  func validate() throws {
    guard let device = TorchDevice(device) else {
      throw ValidationError("--device must be cpu, cuda or cuda:N, got '\(self.device)'")
    }
    if device != .cpu && !TorchRuntime.hasCUDA {
      throw ValidationError(
        "--device \(self.device): this libtorch (\(TorchRuntime.version)) sees no CUDA device")
    }
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1, got \(threads)") }
  }

  /// Opens the directory, of a whole model or of a decoder alone; says what was passed over and decided.
  func open() throws -> (model: any GenerativeModel, processor: any PromptMaker) {
    if let threads { TorchRuntime.threads = threads }
    let checkpoint = try Checkpoint(directory)
    for line in Self.passedOver(checkpoint) { Talk.say(line) }
    for note in checkpoint.notes { Talk.say("tessera-vlm: \(note.visible)") }
    if checkpoint.rewardHead != nil {
      Talk.say(
        "tessera-vlm: a reward model: answers come from its trunk, which was trained to judge, not to answer")
    }
    let place = TorchDevice(device) ?? .cpu
    let type = dtype.torchType(checkpoint, place)
    if type.dataType != checkpoint.mainType {
      Talk.say("tessera-vlm: weights of \(checkpoint.mainType.rawValue), computed in \(type.rawValue)")
    }
    if case .language(let config) = checkpoint.config {
      guard adapter == nil else {
        throw TesseraError(
          .invalidArgument(name: "--adapter", expected: "a LLaVA directory", got: "a decoder alone"),
          path: checkpoint.path)
      }
      let model = try LanguageModel(checkpoint, type: type, device: place)
      return (model, try TextProcessor(directory, config))
    }
    var model = try LlavaModel(checkpoint, type: type, device: place)
    if let adapter {
      let found = try LoRAAdapter(adapter, for: model)
      Talk.say("tessera-vlm: adapter \(adapter.visible): \(AdapterFacts.words(found))")
      model = model.adapted(by: found)
    }
    return (model, try Processor(directory, model.config))
  }

  /// What the files have besides the model's parameters, a line for each reason.
  static func passedOver(_ checkpoint: Checkpoint) -> [String] {
    Dictionary(grouping: checkpoint.ignored, by: \.reason).sorted { $0.key < $1.key }.map { reason, tensors in
      let names = tensors.prefix(2).map(\.name.visible) + (tensors.count > 2 ? ["…"] : [])
      return
        "tessera-vlm: passed over \(Words.count(tensors.count, "tensor")): \(reason) (\(names.joined(separator: ", ")))"
    }
  }
}
