package detangle.models.sentence;

import detangle.models.deberta.ConfigException;
import detangle.models.files.ModelFile;
import detangle.models.files.ModelFiles;
import detangle.models.json.PythonJson;
import detangle.models.json.StrictJson;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * The modules of a sentence-transformers model in their order, as {@code modules.json} names them.
 *
 * @param file where they were read from, for messages
 */
public record SentenceModules(Path file, List<Module> modules) {
    /** The file that names the modules. */
    public static final String FILE = "modules.json";

    /** The configuration of a module, in its folder. */
    public static final String CONFIG = "config.json";

    private static final String LIBRARY = "sentence_transformers.";
    private static final String TRANSFORMER = "Transformer";
    private static final Pattern FOLDER =
            Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*");

    /** Characters of a folder's name; no file system has longer names. */
    private static final int MAX_FOLDER_NAME_LENGTH = 255;

    /** Models have three or four. */
    private static final int MAX_MODULES = 64;

    public SentenceModules {
        modules = List.copyOf(modules);
    }

    /**
     * A module.
     *
     * @param path its folder in that of the model; empty for the model's own
     * @param type its class in Python. The packages changed with versions of the library, the names of the classes did
     *     not
     */
    public record Module(String path, String type) {
        /** Returns the class, without packages: {@code Pooling}; the whole type if it is not the library's own. */
        public String name() {
            return type.startsWith(LIBRARY) ? type.substring(type.lastIndexOf('.') + 1) : type;
        }

        /** Returns a file's name in the folder of the model. */
        public String file(String name) {
            return path.isEmpty() ? name : path + "/" + name;
        }
    }

    /**
     * Returns the modules of a folder or an artifact; empty if it has no {@code modules.json}.
     *
     * @throws ConfigException if the file is not what it should be
     */
    public static Optional<SentenceModules> read(Path model) {
        ModelFiles files = ModelFiles.root(model);
        try {
            return files.find(FILE).map(SentenceModules::parse);
        } catch (IOException e) {
            throw new ConfigException(files.path(FILE), "cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Returns where the files of the encoder are: in the folder itself, or in the one in it that belongs to the module
     * Transformer.
     */
    public static Path encoder(Path folder) {
        return read(folder)
                .flatMap(SentenceModules::transformer)
                .map(module -> folder.resolve(module.path()))
                .orElse(folder);
    }

    /** Returns the encoder among the modules. */
    public Optional<Module> transformer() {
        return modules.stream().filter(m -> m.name().equals(TRANSFORMER)).findFirst();
    }

    /** Returns the modules that stand behind the encoder. */
    public List<Module> behind() {
        return modules.stream().filter(m -> !m.name().equals(TRANSFORMER)).toList();
    }

    private static SentenceModules parse(ModelFile file) {
        JsonNode root;
        try {
            root = PythonJson.parse(file.content());
        } catch (StrictJson.InvalidJson e) {
            throw new ConfigException(file.path(), e.getMessage(), e);
        }
        if (!root.isArray()) {
            throw new ConfigException(file.path(), "is not an array of modules");
        }
        if (root.isEmpty()) {
            throw new ConfigException(file.path(), "names no modules: a model has one of type Transformer at least");
        }
        if (root.size() > MAX_MODULES) {
            throw new ConfigException(
                    file.path(), "has " + root.size() + " modules; at most " + MAX_MODULES + " are read");
        }
        List<Module> modules = new ArrayList<>();
        for (JsonNode module : root) {
            JsonNode path = module.path("path");
            JsonNode type = module.path("type");
            if (!path.isString() || !type.isString()) {
                throw new ConfigException(
                        file.path(), "module " + (modules.size() + 1) + " has no path or no type that is a string");
            }
            // A path of a file must not lead out of the model's folder.
            if (!isFolder(path.stringValue())) {
                throw new ConfigException(
                        file.path(),
                        "module " + (modules.size() + 1) + " has the path '" + path.stringValue()
                                + "', which is not a folder in that of the model");
            }
            modules.add(new Module(path.stringValue(), type.stringValue()));
        }
        return new SentenceModules(file.path(), modules);
    }

    private static boolean isFolder(String path) {
        return path.isEmpty()
                || path.length() <= MAX_FOLDER_NAME_LENGTH
                        && FOLDER.matcher(path).matches();
    }
}
