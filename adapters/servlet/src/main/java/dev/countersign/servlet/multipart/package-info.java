/** What needs commons-fileupload2: nothing here can be loaded without it. Not exported. */
@NullMarked
package dev.countersign.servlet.multipart;

import org.jspecify.annotations.NullMarked;
