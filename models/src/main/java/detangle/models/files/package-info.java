/** The files that make a model, in a folder or in an artifact. */
package detangle.models.files;
