private import Foundation
internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData

/// Does what a recipe says, in a folder: data, model, stage after stage.
///
/// The folder has `recipe.yaml` (resolved; each stage keeps the one that it was trained by), `data/` (what was made), `base/` (a new model), and one folder a stage with
/// `checkpoints/`, `log.jsonl`, TensorBoard's `events…` and `model/` (a Hugging Face directory) once the stage is done;
/// a stage with `lora` has `adapter/` (PEFT's) besides, and `model/` with the adapter merged, unless it says otherwise.
/// What is done already and unchanged (settings, data, weights to begin with) is not done again; what has changed is put aside
/// and done anew. A stage that was stopped goes on from its newest checkpoint.
public final class RecipeRun {
  public let recipe: Recipe
  public let folder: String
  /// Gets what people should know.
  public var say: (String) -> Void = { _ in }
  /// Asked after each step: true saves and stops.
  public var shouldStop: () -> Bool = { false }
  /// Whether everything is looked at and nothing is trained.
  public var isDry = false
  /// The processes that do it together. All have the folder and what the recipe names; rank 0 alone decides and writes.
  public var group = ProcessGroup.alone
  /// Stages stop after so many steps of this process; nil for no bound. Their schedules stay as they are.
  public var maximumSteps: Int?

  public init(_ recipe: Recipe, folder: String) {
    (self.recipe, self.folder) = (recipe, folder)
  }

  /// How a run ended.
  public enum Ending: Sendable, Hashable {
    case done
    /// Someone asked for it: saved, and to be gone on with by the same command.
    case stopped(stage: String, step: Int)
  }

  /// Runs all that is not done.
  ///
  /// - Throws: `TesseraError` of the stage at hand; what earlier ones did is kept. That of a full disk says what to do.
  public func run() throws -> Ending {
    do { return try runAll() } catch let error as TesseraError { throw advised(error) }
  }

  private func runAll() throws -> Ending {
    var model = try group.lead {
      try begin()
      try checkPlaces()
      return try base()
    }
    for (number, stage) in recipe.stages.enumerated() {
      let run = StageRun(self, stage, number: number, model: model)
      let isDone = try group.lead { try self.isDone(run) }
      if !isDone, let step = try run.run() {
        try group.lead { try writeReport() }
        return .stopped(stage: stage.name, step: step)
      }
      if isDry && !isDone { continue }
      // What comes next is trained by a reward, not made of it.
      if stage.kind != .reward { model = run.modelFolder }
      if isDry { continue }
      try group.lead {
        let hasAsked = try ask(run)
        if try !isDone || hasAsked || !hasNewReport() { try writeReport() }
      }
    }
    return .done
  }

  /// Whether a stage is done as the recipe has it; one that was done otherwise is put aside.
  private func isDone(_ run: StageRun) throws -> Bool {
    switch try run.standing() {
    case .open: return false
    case .done(let place):
      run.say("done already (\(place))")
      return true
    case .changed(let difference):
      run.say("was made of something else, and is trained anew: \(difference)")
      if !isDry { run.say("what it was is kept as \(try run.putAside())") }
      return false
    }
  }

  /// Makes the folder and what is to be prepared.
  func begin() throws {
    try FileIO.makeFolder(folder)
    try compareRecipe()
    for preparation in recipe.preparations { try prepare(preparation) }
  }

  /// A path of the recipe: in the run's folder where it is there, else as it stands.
  func resolve(_ path: String) -> String {
    if path.hasPrefix("/") || RemoteName.isRemote(path) { return path }
    // A list of shards.
    if path.hasPrefix("@"), FileIO.identity(path) == nil { return "@" + resolve(String(path.dropFirst())) }
    let inner = "\(folder)/\(path)"
    return FileIO.identity(inner) != nil ? inner : path
  }

  func resolve(_ source: CorpusSource) -> CorpusSource {
    var source = source
    source.path = resolve(source.path)
    source.images = source.images.map(resolve)
    return source
  }

  /// What a corpus of the recipe holds, a line each: its records, and its pictures' bytes.
  func contents(of source: CorpusSource) throws -> [String] {
    try DataContents(memory: "\(folder)/contents.txt").lines(
      // Without a URL's query: a new signature is the same data.
      of: resolve(source), named: RemoteName.shown(source.path))
  }

  // MARK: the recipe that is kept

  private var recipePath: String { "\(folder)/recipe.yaml" }

  /// The recipe that the folder has: of the last training in it.
  var keptRecipe: String? {
    get throws {
      guard try FileIO.sizeIfThere(recipePath) != nil else { return nil }
      return String(decoding: try FileIO.read(recipePath), as: UTF8.self)
    }
  }

  /// The resolved recipe stays with the run.
  func keepRecipe() throws { try AtomicFile.write(Array(recipe.yaml.utf8), to: recipePath) }

  /// Compares with the recipe that the folder has.
  ///
  /// Where nothing has been trained the folder takes the new one, and what a new model began with goes. Else the old one
  /// stays until a stage trains by the new one, and what the model is must be the same.
  private func compareRecipe() throws {
    guard let kept = try keptRecipe else { return try keepRecipe() }
    guard kept != recipe.yaml else { return }
    let difference = recipe.yaml.firstDifference(from: kept)
    guard try hasTrained() else {
      say(
        "the recipe is not the one that this folder was made with, and takes its place: nothing was trained yet"
      )
      say("  first difference: \(difference)")
      // Only what a run made here: another's `directory` may have the name.
      if Self.section("model", of: kept).contains("\n  new:\n") { try FileIO.removeAll("\(folder)/base") }
      return try keepRecipe()
    }
    let (then, now) = (Self.section("model", of: kept), Self.section("model", of: recipe.yaml))
    guard then == now else {
      throw TesseraError(
        .invalidArgument(
          name: "model", expected: "the model that this folder was begun with (or another --output)",
          got: "another: \(now.firstDifference(from: then))"),
        path: recipePath)
    }
    say("the recipe is not the one that this folder began with; stages that it changes are trained anew")
    say("  first difference: \(difference)")
  }

  /// Whether a stage has taken a step here.
  private func hasTrained() throws -> Bool {
    try FileIO.names(in: folder).contains { try FileIO.sizeIfThere("\(folder)/\($0)/log.jsonl") != nil }
  }

  /// The lines of a key of the outermost mapping.
  private static func section(_ key: String, of yaml: String) -> String {
    let lines = yaml.split(separator: "\n").drop { !$0.hasPrefix("\(key):") }
    let inner = lines.dropFirst().prefix { $0.hasPrefix(" ") || $0.hasPrefix("-") }
    return (lines.prefix(1) + inner).joined(separator: "\n")
  }

  private func prepare(_ preparation: PreparationRecipe) throws {
    let folder = preparation.folder
    let path = folder.hasPrefix("/") ? folder : "\(self.folder)/\(folder)"
    guard try FileIO.exists(path) else {
      say("making \(preparation.words)")
      return try preparation.write(to: path)
    }
    guard try preparation.isWritten(at: path) else {
      throw TesseraError(
        .invalidArgument(
          name: "prepare", expected: "the settings that the folder was made with (or another --output)",
          got: "others"),
        path: path)
    }
    say("\(folder): made already")
  }

  /// The directory that the first stage begins with.
  func base() throws -> String {
    switch recipe.model.origin {
    case .directory(let path): return resolve(path)
    case .new(let new):
      let path = "\(folder)/base"
      if try FileIO.exists("\(path)/config.json") { return path }
      say("making the tokenizer and new weights")
      // Preferences and prompts may be made later, and have the words of what they are made of.
      let texts = recipe.stages.filter { [.pretrain, .align, .sft].contains($0.kind) }
      let datasets = try texts.flatMap(\.data).map { try resolve($0).open() }
      try NewModel(recipe: new, seed: recipe.seed).write(to: path, datasets: datasets)
      return path
    }
  }
}
