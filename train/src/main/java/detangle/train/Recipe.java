package detangle.train;

/** The trainer that is followed where the two differ; docs/TRAINING.md lists the differences. */
public enum Recipe {
    /** HuggingFace's Trainer (transformers 4.57). */
    HUGGINGFACE,
    /** The original's trainer (microsoft/DeBERTa, DeBERTa/training/trainer.py). */
    MICROSOFT
}
