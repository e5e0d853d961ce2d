/** Finds out what files are that have another's name; not exported. */
package detangle.models.content;
