package detangle.models.files;

import detangle.models.sentence.SentenceModules;
import detangle.models.weights.Artifact;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/** The small files of a model: configuration and tokenizer. */
public sealed interface ModelFiles {
    /** Returns a file's content, if there is one of that name. */
    Optional<ModelFile> find(String name) throws IOException;

    /** Returns whether there is a file of that name. */
    boolean has(String name);

    /** Returns what a file of that name is called in messages. */
    Path path(String name);

    /**
     * Returns the files of a folder or an artifact; a path that does not exist has none. Of a sentence-transformers folder
     * these are the files of its encoder, which may lie in a folder of their own.
     */
    static ModelFiles of(Path model) {
        return Artifact.is(model) ? new OfArtifact(model) : new OfFolder(SentenceModules.encoder(model));
    }

    /** Returns what {@link #of} returns, but the files in the folder itself in any case. */
    static ModelFiles root(Path model) {
        return Artifact.is(model) ? new OfArtifact(model) : new OfFolder(model);
    }

    /** Returns those in a folder among these. */
    default ModelFiles inside(String folder) {
        return new Inside(this, folder);
    }

    /** The files of a folder among others. */
    record Inside(ModelFiles outer, String folder) implements ModelFiles {
        @Override
        public Optional<ModelFile> find(String name) throws IOException {
            return outer.find(folder + "/" + name);
        }

        @Override
        public boolean has(String name) {
            return outer.has(folder + "/" + name);
        }

        @Override
        public Path path(String name) {
            return outer.path(folder + "/" + name);
        }
    }

    /** The files of a folder. */
    record OfFolder(Path folder) implements ModelFiles {
        @Override
        public Optional<ModelFile> find(String name) throws IOException {
            return has(name) ? Optional.of(ModelFile.read(path(name))) : Optional.empty();
        }

        /**
         * A link whose file does not exist counts, so that reading it says so: a model without the file would be
         * another.
         */
        @Override
        public boolean has(String name) {
            return Files.exists(path(name), LinkOption.NOFOLLOW_LINKS);
        }

        @Override
        public Path path(String name) {
            return folder.resolve(name);
        }
    }

    /** The files in an artifact. */
    record OfArtifact(Path file) implements ModelFiles {
        @Override
        public Optional<ModelFile> find(String name) {
            return Artifact.section(file, Artifact.FILES + name, ModelFile.limit(path(name)))
                    .map(content -> new ModelFile(path(name), content));
        }

        @Override
        public boolean has(String name) {
            return Artifact.hasSection(file, Artifact.FILES + name);
        }

        @Override
        public Path path(String name) {
            return file.resolve(name);
        }
    }
}
