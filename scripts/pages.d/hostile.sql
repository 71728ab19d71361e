-- Texts of a round, crash or file, of whatever a hostile program may write into them.
--
-- SPDX-License-Identifier: Apache-2.0
UPDATE signature SET title = '@hostile@' || id;
UPDATE crash_frame SET symbol = '@hostile@', module = '/lib/@hostile@', file = '@hostile@';
UPDATE crash_thread SET name = '@hostile@', registers = json_object('@hostile@', '@hostile@');
UPDATE crash_module SET path = '@hostile@' || base;
UPDATE crash SET fault_address = '@hostile@';
UPDATE round SET detail = '@hostile@' WHERE outcome <> 'pass';
UPDATE campaign SET argv = 'mpstress @hostile@', version = '@hostile@';
UPDATE environment SET os = '@hostile@', gpu = '@hostile@', driver = '@hostile@';
UPDATE event SET op = '@hostile@' WHERE seq > 0;
