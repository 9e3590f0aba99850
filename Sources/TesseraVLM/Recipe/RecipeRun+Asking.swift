internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData
internal import TesseraTracking

extension RecipeRun {
  /// The file beside a stage with its answers to the recipe's `ask`: lines of kind `sample`.
  func askedPath(_ stage: StageRecipe) -> String { "\(folder)/\(stage.name)/asked.jsonl" }

  /// Asks what a stage left behind the recipe's questions, unless it was asked them before.
  ///
  /// A reward model does not answer: it scores the answers of the model that it judges, and the right ones.
  ///
  /// - Returns: whether anything was asked.
  func ask(_ run: StageRun) throws -> Bool {
    let directory = run.modelFolder
    // An adapter that was not merged is no directory of its own.
    guard !recipe.asks.isEmpty, try FileIO.exists("\(directory)/config.json") else { return false }
    let asked = try askedQuestions()
    let path = askedPath(run.stage)
    if try FileIO.sizeIfThere(path) != nil {
      let known = try RunLog.entries(of: path).map {
        [$0[LogField.question]?.text, $0[LogField.expected]?.text]
      }
      if known == asked.flatMap(\.questions).map({ [$0.words, $0.reference] }) { return false }
    }
    let entries = try run.stage.kind == .reward ? scores(run, asked) : answers(run, asked)
    try AtomicFile.write(entries.flatMap { Array(($0.line + "\n").utf8) }, to: path)
    let right = entries.count { $0[LogField.isRight]?.flag == true }
    let what =
      run.stage.kind == .reward ? "right answers score higher than the model's own" : "answers are right"
    run.say("asked the run's \(entries.count) questions: \(right) \(what)")
    return true
  }

  /// The recipe's questions, source by source.
  func askedQuestions() throws -> [(questions: [Question], maximumAnswer: Int)] {
    try recipe.asks.map { ask in
      let all = try Question.all(of: resolve(ask.source).open())
      return (Question.spread(all, ask.samples), ask.maximumAnswer)
    }
  }

  private func replies(
    _ model: LlavaModel, _ directory: String, _ asked: [(questions: [Question], maximumAnswer: Int)]
  ) throws -> [Evaluator.Reply] {
    let processor = try Processor(directory, model.config)
    return try asked.flatMap { questions, maximumAnswer in
      var evaluator = try Evaluator(questions, processor)
      evaluator.maximumAnswer = maximumAnswer
      return try evaluator.replies(model)
    }
  }

  /// What a base model goes on with. A prompt is unlike the texts that it knows, and it would end at once: it may not.
  private func continuations(
    _ model: LlavaModel, _ directory: String, _ asked: [(questions: [Question], maximumAnswer: Int)]
  ) throws -> [Evaluator.Reply] {
    let processor = try Processor(directory, model.config)
    var generator = Generator(model, processor)
    generator.banned.formUnion(generator.endTokens)
    return try asked.flatMap { questions, maximumAnswer in
      var options = GenerationOptions()
      options.maxNewTokens = min(maximumAnswer, 12)
      return try questions.map { question in
        let pixels = try question.pictures.map { try processor.pixels($0) }
        let answer = try generator.answer([processor.prompt(question.messages, pixels: pixels)], options)
          .answers[0]
        return Evaluator.Reply(question, answer: answer.text, isStopped: false)
      }
    }
  }

  private func answers(_ run: StageRun, _ asked: [(questions: [Question], maximumAnswer: Int)]) throws
    -> [LogEntry]
  {
    let model = try LlavaModel(Checkpoint(run.modelFolder), type: .float32)
    let said =
      try run.stage.kind == .pretrain
      ? continuations(model, run.modelFolder, asked) : replies(model, run.modelFolder, asked)
    return said.enumerated().map { number, reply in
      .sample(
        "\(number)", question: reply.question.words, answer: reply.answer + (reply.isStopped ? "" : " …"),
        expected: reply.question.reference, isRight: reply.isRight, stage: run.stage.name, step: 0)
    }
  }

  private func scores(_ run: StageRun, _ asked: [(questions: [Question], maximumAnswer: Int)]) throws
    -> [LogEntry]
  {
    let policy = try LlavaModel(Checkpoint(run.start), type: .float32)
    let own = try replies(policy, run.start, asked)
    let model = try RewardModel(Checkpoint(run.modelFolder), type: .float32)
    let reward = LearnedReward(model, try Processor(run.modelFolder, model.trunk.config))
    let right = own.map { Evaluator.Reply($0.question, answer: $0.question.reference, isStopped: true) }
    let (ownScores, rightScores) = (try reward.scores(own), try reward.scores(right))
    return own.indices.map { number in
      let reply = own[number]
      func rounded(_ score: Double) -> String { "\((score * 100).rounded() / 100)" }
      let words =
        reply.isRight
        ? "scores the answer, which is right, \(rounded(ownScores[number]))"
        : "scores the answer \(rounded(ownScores[number])), the right one \(rounded(rightScores[number]))"
      return .sample(
        "\(number)", question: reply.question.words, answer: words, expected: reply.question.reference,
        isRight: reply.isRight ? nil : rightScores[number] > ownScores[number], stage: run.stage.name, step: 0
      )
    }
  }
}
